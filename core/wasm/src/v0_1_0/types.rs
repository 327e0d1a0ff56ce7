//! The interface `types`: decimals, quantities, errors.

use wasmtime::component::{ComponentType, Lift, Lower};
use weighbridge_domain::{Decimal as Exact, Meter};
use weighbridge_plugin_api::Failure;

use crate::log::one_line;

/// A guest's message is shown to people, in full up to here.
const MESSAGE_BYTES: usize = 2 * 1024;

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub(crate) struct Decimal {
    hi: i64,
    lo: u64,
    scale: u8,
}

impl From<Exact> for Decimal {
    fn from(value: Exact) -> Self {
        let mantissa = value.mantissa();
        Self { hi: (mantissa >> 64) as i64, lo: mantissa as u64, scale: value.scale() as u8 }
    }
}

impl Decimal {
    /// The number, or what is wrong with it.
    pub(crate) fn exact(self) -> Result<Exact, String> {
        let mantissa = (i128::from(self.hi) << 64) | i128::from(self.lo);
        Exact::try_from_i128_with_scale(mantissa, self.scale.into())
            .map_err(|_| format!("the decimal {mantissa}e-{} does not fit 96 bits and 28 decimals", self.scale))
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Attr {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub(crate) struct AttrRef<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Quantity {
    meter: String,
    value: Decimal,
}

impl Quantity {
    pub(crate) fn measured(self) -> Result<(Meter, Exact), String> {
        Ok((meter(&self.meter)?, self.value.exact()?))
    }
}

/// A meter's name, or what is wrong with it.
pub(crate) fn meter(name: &str) -> Result<Meter, String> {
    Meter::new(name).ok_or_else(|| format!("{:?} is not a meter: a name is snake_case, 1 to 64 characters", one_line(name, 80)))
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct QuantityRef<'a> {
    pub(crate) meter: &'a str,
    pub(crate) value: Decimal,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum ErrorKind {
    #[component(name = "invalid-config")]
    InvalidConfig,
    #[component(name = "invalid-input")]
    InvalidInput,
    #[component(name = "unsupported")]
    Unsupported,
    #[component(name = "internal")]
    Internal,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct PluginError {
    kind: ErrorKind,
    message: String,
    attrs: Vec<Attr>,
}

impl From<PluginError> for Failure {
    fn from(error: PluginError) -> Self {
        let message = one_line(&error.message, MESSAGE_BYTES);
        match error.kind {
            ErrorKind::InvalidConfig => Failure::InvalidConfig(message),
            ErrorKind::InvalidInput => Failure::InvalidInput(message),
            ErrorKind::Unsupported => Failure::Unsupported(message),
            ErrorKind::Internal => Failure::Internal(message),
        }
    }
}
