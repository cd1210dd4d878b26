//! Plain types and pure rules: names, slugs, ports, statuses, routes. No IO, no async.
//!
//! Every rule that decides what a person may type lives here, once, with a table of tests beside it; the rooms above
//! only ask. A value of one of these types is valid by construction.

mod base_path;
mod blueprint_name;
mod desktop;
mod exit;
mod folder_path;
mod gpus;
mod group;
mod hostname;
mod instance;
mod layout;
mod media;
mod name;
mod notice;
mod output_path;
mod param_value;
mod ports;
mod progress;
mod restart;
mod route;
mod scope;
mod slug;
mod status;
pub mod text;
mod time;
mod upload_id;
mod version;
mod wheel_name;

pub use base_path::BasePath;
pub use blueprint_name::BlueprintName;
pub use desktop::{Desktop, DesktopEngine, Screen};
pub use exit::Exit;
pub use folder_path::FolderPath;
pub use gpus::{Card, GpuIds, Meant, MissingCard, Settled};
pub use group::GroupLabel;
pub use hostname::Hostname;
pub use instance::{Instance, InstanceId, NewInstance, Note, RunId};
pub use layout::Layout;
pub use media::{Media, MediaKind};
pub use name::InstanceName;
pub use notice::{Level, Notice, NoticeKind, TargetKind};
pub use output_path::OutputPath;
pub use param_value::ParamValue;
pub use ports::{Port, PortRange};
pub use progress::Progress;
pub use restart::{Backoff, Next, Restart};
pub use route::{ProxyMode, Route};
pub use scope::Scope;
pub use slug::Slug;
pub use status::{Access, Desired, Helper, RestartPolicy, Status};
pub use time::Timestamp;
pub use upload_id::UploadId;
pub use version::Version;
pub use wheel_name::{WheelName, WheelParts};

/// Why a text is not a valid value: a sentence a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// An error with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Gives a checked text type the conversions that serde, formatting and comparison need.
macro_rules! text_type {
    ($type:ident) => {
        impl $type {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $type {
            type Err = $crate::domain::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                String::schema()
            }
        }
        impl utoipa::ToSchema for $type {}
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_type;

/// Gives an enum of fixed words its wire form: lower-case names, used by JSON and by the store alike.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire and in the store.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Result<Self, $crate::domain::Invalid> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::domain::Invalid::new(format!(
                        "{other:?} is not one of: {}", [$($word),+].join(", ")
                    ))),
                }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::Object::builder()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::Invalid;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::parse(word)
            }
        }
    };
}
pub(crate) use word_enum;
