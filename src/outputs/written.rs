//! What is written in a picture.

use serde::Serialize;

/// A text in a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = WrittenText)]
pub struct Text {
    /// What the app has called it: `parameters`, `prompt`, `workflow`, …
    pub key: String,
    /// The text.
    pub text: String,
    /// Whether there is more of it.
    pub cut: bool,
}
