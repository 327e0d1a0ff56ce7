//! The first-party plugins, built from source by build.rs and embedded.
