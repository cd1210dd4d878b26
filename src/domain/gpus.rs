//! Which GPUs an instance may see, and which cards were meant by their numbers.

use serde::{Deserialize, Serialize};

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

/// A card, whatever number it has at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its own name, which stays whatever is plugged beside it.
    pub uuid: String,
    /// The product's name.
    pub name: String,
}

/// The cards that were meant by the entries of a [`GpuIds`], one by one; `None` for what is no number, or was not known.
pub type Meant = Vec<Option<Card>>;

/// What a choice of GPUs comes to on the cards that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The numbers as they are now.
    pub ids: GpuIds,
    /// The cards they mean.
    pub meant: Meant,
    /// Cards that have other numbers than before: from, to, and the product's name.
    pub moved: Vec<(u32, u32, String)>,
}

/// A card that was chosen and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCard {
    /// The number it was chosen by.
    pub id: String,
    /// Which one it was, if that is known.
    pub card: Option<Card>,
}

impl GpuIds {
    /// The cards that these numbers mean on this machine. `present`: the number of each card that is there.
    pub fn meaning(&self, present: &[(u32, Card)]) -> Meant {
        let card = |id: &str| {
            let id = id.parse::<u32>().ok()?;
            present.iter().find(|(number, _)| *number == id).map(|(_, card)| card.clone())
        };
        self.0.split(',').map(card).collect()
    }

    /// The numbers that the cards meant have now: a card keeps its meaning when others are plugged in before it. What is no
    /// number stays as it is; so does a number of which no card is known where there are none at all.
    ///
    /// # Errors
    /// A card is not there.
    pub fn settle(&self, meant: &[Option<Card>], present: &[(u32, Card)]) -> Result<Settled, MissingCard> {
        let (mut ids, mut cards, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for (at, id) in self.0.split(',').enumerate() {
            let known = meant.get(at).cloned().flatten();
            let missing = || MissingCard { id: id.to_owned(), card: known.clone() };
            let found = match (&known, id.parse::<u32>()) {
                (_, Err(_)) => None,
                (Some(card), Ok(_)) => {
                    Some(present.iter().find(|(_, other)| other.uuid == card.uuid).ok_or_else(missing)?)
                }
                (None, Ok(_)) if present.is_empty() => None,
                (None, Ok(number)) => Some(present.iter().find(|(other, _)| *other == number).ok_or_else(missing)?),
            };
            if let (Some((now, card)), Ok(before)) = (found, id.parse::<u32>())
                && *now != before
            {
                moved.push((before, *now, card.name.clone()));
            }
            ids.push(found.map_or_else(|| id.to_owned(), |(now, _)| now.to_string()));
            cards.push(found.map(|(_, card)| card.clone()));
        }
        // The same number twice: one of them was chosen after the other card had moved there. Each stands once.
        let mut once = Vec::new();
        let mut kept = Vec::new();
        for (id, card) in ids.into_iter().zip(cards) {
            if !once.contains(&id) {
                once.push(id);
                kept.push(card);
            }
        }
        Ok(Settled { ids: Self(once.join(",")), meant: kept, moved })
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

    fn card(uuid: &str) -> Card {
        Card { uuid: uuid.to_owned(), name: format!("Card {uuid}") }
    }

    #[test]
    fn a_card_keeps_its_meaning() {
        let (a, b) = (card("a"), card("b"));
        let before = [(0, a.clone()), (1, b.clone())];
        let swapped = [(0, b.clone()), (1, a.clone())];
        let ids = |text: &str| GpuIds::parse(text).unwrap();
        let meant = ids("1").meaning(&before);
        assert_eq!(meant, [Some(b.clone())]);
        let settled = ids("1").settle(&meant, &swapped).unwrap();
        assert_eq!((settled.ids.as_str(), settled.moved.as_slice()), ("0", &[(1, 0, "Card b".to_owned())][..]));
        assert_eq!(settled.meant, meant);
        // The order is the app's own numbering: it stays.
        let both = ids("1,0").settle(&ids("1,0").meaning(&before), &swapped).unwrap();
        assert_eq!(both.ids.as_str(), "0,1");
        for (text, meant, present, expected) in [
            ("1", vec![None], &before[..], Ok("1")),
            ("0", vec![], &[][..], Ok("0")),
            ("GPU-x,0", vec![None, Some(a.clone())], &swapped[..], Ok("GPU-x,1")),
            ("MIG-1", vec![None], &before[..], Ok("MIG-1")),
            ("0,1", vec![Some(b.clone()), None], &before[..], Ok("1")),
            ("5", vec![None], &before[..], Err(("5", None))),
            ("1", vec![Some(b.clone())], &before[..1], Err(("1", Some("b")))),
            ("1", vec![Some(b.clone())], &[][..], Err(("1", Some("b")))),
        ] {
            let settled = ids(text).settle(&meant, present);
            let told = settled.as_ref().map(|settled| settled.ids.as_str());
            let told =
                told.map_err(|missing| (missing.id.as_str(), missing.card.as_ref().map(|card| card.uuid.as_str())));
            assert_eq!(told, expected, "{text} {meant:?} {present:?}");
        }
    }

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
