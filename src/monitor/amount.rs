//! Amounts and shares, as a person reads them.

use serde::Serialize;

/// An amount of bytes, and how much of it is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Amount {
    /// All of it.
    pub total: u64,
    /// What is used.
    pub used: u64,
    /// 0–100.
    pub percent: f32,
}

impl Amount {
    pub(super) fn new(total: u64, used: u64) -> Self {
        Self { total, used, percent: percent(used, total) }
    }
}

/// A part of a whole in percent, with one digit after the point: what a person reads.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs four digits")]
pub(super) fn percent(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { tenths(part as f32 / whole as f32 * 100.0) }
}

/// Rounded to one digit after the point.
pub(super) fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_one_digit_after_the_point() {
        for (part, whole, expected) in [(0, 0, 0.0), (5, 0, 0.0), (1, 3, 33.3), (2, 3, 66.7), (3, 3, 100.0)] {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }
}
