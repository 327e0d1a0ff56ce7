//! The component: Google's wire, as `src/` has it, registered as an adapter.

weighbridge_plugin::register_adapter!(gemini_wire::Gemini);
