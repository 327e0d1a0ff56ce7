//! A pricing rule in a sandbox, loaded with one sheet.

use std::sync::Arc;

use weighbridge_domain::Digest;
use weighbridge_plugin_api::pricing::{self as api, LineItem, LoadError, PeriodInput, Rating, RatingInput, SheetInfo};
use weighbridge_plugin_api::{Failure, PluginError, PluginIdentity};

use crate::check;
use crate::pool::{Plugin, Pool, Runtime, SMALL_OUTPUT, Size, Socket, Unconfigured};
use crate::v0_1_0::pricing::{self as wire, Pricing as Guest};

/// A loaded rule.
pub(crate) struct PricingRule {
    pool: Arc<Pool<Guest>>,
    sheet: Digest,
    info: SheetInfo,
    unseen: wire::Unseen,
}

impl PricingRule {
    pub(crate) fn open(runtime: Arc<Runtime>, plugin: Plugin, sheet: &str) -> Result<Self, LoadError> {
        let (pool, info) = match Pool::<Guest>::open(runtime, plugin, sheet.to_owned()) {
            Ok(opened) => opened,
            Err(Unconfigured::Refused(problems)) => return Err(LoadError::Sheet(problems.into_iter().map(wire::sheet_problem).collect())),
            Err(Unconfigured::Failed(error)) => return Err(error.into()),
        };
        let unseen = wire::Unseen::of(&info);
        let info = wire::sheet_info(info).map_err(|what| pool.error(Guest::CONFIGURE, Failure::Nonsense(what)))?;
        Ok(Self { pool, sheet: Digest::of(sheet.as_bytes()), info, unseen })
    }
}

impl api::PricingRule for PricingRule {
    fn identity(&self) -> &Arc<PluginIdentity> {
        self.pool.identity()
    }
    fn sheet_digest(&self) -> Digest {
        self.sheet
    }
    fn info(&self) -> &SheetInfo {
        &self.info
    }
    fn rate(&self, input: &RatingInput<'_>) -> Result<Rating, PluginError> {
        self.pool.call(
            Guest::RATE,
            Size::small(SMALL_OUTPUT),
            |guest, store| guest.rate(store, input, self.unseen),
            |answer| {
                let rating = wire::rating(answer)?;
                check::rating(&rating, &self.info)?;
                Ok(rating)
            },
        )
    }
    fn close_period(&self, period: &PeriodInput<'_>) -> Result<Vec<LineItem>, PluginError> {
        self.pool.call(
            Guest::CLOSE_PERIOD,
            Size::small(SMALL_OUTPUT),
            |guest, store| guest.close_period(store, period),
            |answer| {
                let items = wire::items(answer)?;
                check::items(&items)?;
                Ok(items)
            },
        )
    }
}
