//! Which GPUs an instance may see.

use super::{Invalid, text_type};

/// What becomes `CUDA_VISIBLE_DEVICES`: a comma list of indices or of `GPU-…`/`MIG-…` identifiers, without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GpuIds(String);

impl GpuIds {
    /// Checks and normalises the list; blanks around the commas fall away.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let ids: Vec<&str> = text.split(',').map(str::trim).collect();
        for (n, id) in ids.iter().enumerate() {
            if !is_index(id) && !is_uuid(id) {
                return Err(Invalid::new(format!("{id:?} is not a GPU: use indices such as 0,1 or GPU-… identifiers")));
            }
            if ids.iter().take(n).any(|earlier| earlier == id) {
                return Err(Invalid::new(format!("GPU {id} is named twice")));
            }
        }
        Ok(Self(ids.join(",")))
    }
}

fn is_index(id: &str) -> bool {
    (1..=3).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

fn is_uuid(id: &str) -> bool {
    (id.starts_with("GPU-") || id.starts_with("MIG-"))
        && id.len() <= 100
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/')
}

text_type!(GpuIds);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (text, normal) in [("0", "0"), ("0, 1", "0,1"), ("GPU-1", "GPU-1"), ("MIG-a/1/2", "MIG-a/1/2")] {
            assert_eq!(GpuIds::parse(text).unwrap().as_str(), normal);
        }
        for bad in ["", ",", "0,", "0,0", "a", "-1", "0;rm", "1000", "$(x)"] {
            assert!(GpuIds::parse(bad).is_err(), "{bad:?}");
        }
    }
}
