//! Generated from `sdk/wit/v0_1_0`: one module for each world, sharing `types` and `log`. Plugins use the traits instead.

pub mod adapter {
    wit_bindgen::generate!({
        path: "../wit/v0_1_0",
        world: "provider-adapter",
        pub_export_macro: true,
        export_macro_name: "export_adapter",
        default_bindings_module: "weighbridge_plugin::bindings::adapter",
        additional_derives: [PartialEq],
        generate_all,
    });
}

pub mod counter {
    wit_bindgen::generate!({
        path: "../wit/v0_1_0",
        world: "token-counter",
        pub_export_macro: true,
        export_macro_name: "export_counter",
        default_bindings_module: "weighbridge_plugin::bindings::counter",
        additional_derives: [PartialEq],
        with: {
            "weighbridge:plugin/types@0.1.0": crate::bindings::adapter::weighbridge::plugin::types,
            "weighbridge:plugin/log@0.1.0": crate::bindings::adapter::weighbridge::plugin::log,
        },
    });
}

pub mod pricing {
    wit_bindgen::generate!({
        path: "../wit/v0_1_0",
        world: "pricing-rule",
        pub_export_macro: true,
        export_macro_name: "export_pricing",
        default_bindings_module: "weighbridge_plugin::bindings::pricing",
        additional_derives: [PartialEq],
        with: {
            "weighbridge:plugin/types@0.1.0": crate::bindings::adapter::weighbridge::plugin::types,
            "weighbridge:plugin/log@0.1.0": crate::bindings::adapter::weighbridge::plugin::log,
        },
    });
}

pub use adapter::weighbridge::plugin::{log, types};
