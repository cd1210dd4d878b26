//! One input of a blueprint: `aikore.param.<name> = type, default, "label", …`. Pure.
//!
//! After the label come `key=value` pieces: `options=a|b|c`, `min=`, `max=`, `hint="…"`, and the word `required`.

use serde_json::Value;

use crate::domain::{Invalid, ParamValue, word_enum};

/// The longest text that is handed over.
pub(super) const LONGEST: usize = 4096;

word_enum! {
    /// What an input takes.
    ParamType {
        /// Yes or no.
        Bool = "bool",
        /// A whole number.
        Int = "int",
        /// One of some words.
        Enum = "enum",
        /// A line of text.
        Text = "text",
        /// A line that is not shown again.
        Secret = "secret",
        /// A file or folder.
        Path = "path",
    }
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub kind: ParamType,
    /// What is used when nothing is given; without it the variable is absent then.
    pub default: Option<ParamValue>,
    /// What the form calls it.
    pub label: String,
    /// A sentence below it.
    pub hint: Option<String>,
    /// Whether something must be given.
    pub required: bool,
    /// The words of an `enum`.
    pub options: Vec<String>,
    /// The smallest `int`.
    pub min: Option<i64>,
    /// The largest `int`.
    pub max: Option<i64>,
}

impl Param {
    /// Reads what the header says of one input.
    ///
    /// # Errors
    /// It can't be understood.
    pub fn parse(name: &str, says: &str) -> Result<Self, Invalid> {
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !named {
            return Err(Invalid::new("its name is not made of small letters, digits, - and _"));
        }
        let mut pieces = split(says)?.into_iter();
        let kind = ParamType::parse(&pieces.next().unwrap_or_default())?;
        let default = pieces.next().unwrap_or_default();
        let label = pieces.next().filter(|label| !label.is_empty()).unwrap_or_else(|| name.to_owned());
        let mut param = Self {
            name: name.to_owned(),
            kind,
            default: None,
            label,
            hint: None,
            required: false,
            options: Vec::new(),
            min: None,
            max: None,
        };
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            param.add(&piece)?;
        }
        if kind == ParamType::Enum && param.options.is_empty() {
            return Err(Invalid::new("an enum needs its words: options=a|b|c"));
        }
        param.default = param.read_default(&default)?;
        Ok(param)
    }

    fn add(&mut self, piece: &str) -> Result<(), Invalid> {
        let number = |text: &str| {
            text.trim().parse().map(Some).map_err(|_| Invalid::new(format!("{text:?} is not a whole number")))
        };
        match piece.split_once('=').map_or((piece, ""), |(key, value)| (key.trim(), value)) {
            ("required", _) => self.required = true,
            ("min", value) => self.min = number(value)?,
            ("max", value) => self.max = number(value)?,
            ("hint", value) => self.hint = Some(value.trim().to_owned()),
            ("options", value) => self.options = value.split('|').map(|word| word.trim().to_owned()).collect(),
            // From a newer version of AiKore: what is understood is of use all the same.
            _ => {}
        }
        Ok(())
    }

    fn read_default(&self, text: &str) -> Result<Option<ParamValue>, Invalid> {
        let wrong = || Invalid::new(format!("its default {text:?} is no {}", self.kind));
        let given = match (self.kind, text) {
            (ParamType::Bool, "") => Value::Bool(false),
            (ParamType::Enum, "") => self.options.first().cloned().unwrap_or_default().into(),
            (_, "") => return Ok(None),
            (ParamType::Secret, _) => {
                return Err(Invalid::new("a secret has no default: everyone can read the script"));
            }
            (ParamType::Bool, text) => Value::Bool(text.parse().map_err(|_| wrong())?),
            (ParamType::Int, text) => Value::from(text.parse::<i64>().map_err(|_| wrong())?),
            (_, text) => text.into(),
        };
        self.value(&given).map(Some).map_err(|why| Invalid::new(format!("its default does not do: {why}")))
    }

    /// The environment variable it becomes.
    pub fn variable(&self) -> String {
        format!("AIKORE_PARAM_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// The value that was given, checked.
    ///
    /// # Errors
    /// It is of another type, or not among the allowed ones.
    pub fn value(&self, given: &Value) -> Result<ParamValue, Invalid> {
        let text = || given.as_str().ok_or_else(|| Invalid::new("it must be a text"));
        match self.kind {
            ParamType::Bool => {
                given.as_bool().map(ParamValue::Bool).ok_or_else(|| Invalid::new("it must be true or false"))
            }
            ParamType::Int => {
                let number = given.as_i64().ok_or_else(|| Invalid::new("it must be a whole number"))?;
                match (self.min, self.max) {
                    (Some(min), _) if number < min => Err(Invalid::new(format!("it must be at least {min}"))),
                    (_, Some(max)) if number > max => Err(Invalid::new(format!("it must be at most {max}"))),
                    _ => Ok(ParamValue::Int(number)),
                }
            }
            ParamType::Enum => {
                let word = text()?;
                if self.options.iter().any(|option| option == word) {
                    Ok(ParamValue::Text(word.to_owned()))
                } else {
                    Err(Invalid::new(format!("it must be one of: {}", self.options.join(", "))))
                }
            }
            ParamType::Text | ParamType::Path => Ok(ParamValue::Text(line(text()?)?.to_owned())),
            ParamType::Secret => Ok(ParamValue::Secret { secret: line(text()?)?.to_owned() }),
        }
    }

    /// Whether a value that was stored once would still be taken.
    pub(super) fn still_fits(&self, value: &ParamValue) -> bool {
        let given = match value {
            ParamValue::Secret { secret } if self.kind == ParamType::Secret => secret.as_str().into(),
            ParamValue::Secret { .. } => return false,
            // A text must not become a secret that was shown before.
            _ if self.kind == ParamType::Secret => return false,
            other => other.shown(),
        };
        self.value(&given).is_ok()
    }
}

/// A text that fits an environment variable and a line.
fn line(text: &str) -> Result<&str, Invalid> {
    if text.len() > LONGEST {
        Err(Invalid::new(format!("it is too long: at most {LONGEST} bytes")))
    } else if text.chars().any(char::is_control) {
        Err(Invalid::new("it must be one line without control characters"))
    } else {
        Ok(text)
    }
}

/// Pieces between commas; quotes keep commas and blanks, and fall away.
fn split(says: &str) -> Result<Vec<String>, Invalid> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut was_quoted) = (false, false);
    for c in says.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => {
                trim(&mut pieces, was_quoted);
                was_quoted = false;
                pieces.push(String::new());
            }
            // A blank before a piece belongs to nobody.
            c if c.is_whitespace() && !quoted && pieces.last().is_some_and(String::is_empty) => {}
            c => pieces.last_mut().into_iter().for_each(|piece| piece.push(c)),
        }
    }
    if quoted {
        return Err(Invalid::new("a quotation mark is not closed"));
    }
    trim(&mut pieces, was_quoted);
    Ok(pieces)
}

fn trim(pieces: &mut [String], was_quoted: bool) {
    if let Some(last) = pieces.last_mut().filter(|_| !was_quoted) {
        last.truncate(last.trim_end().len());
    }
}
