//! The component: Anthropic's wire, as `src/` has it, registered as an adapter.

weighbridge_plugin::register_adapter!(anthropic_wire::Anthropic);
