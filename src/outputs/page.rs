//! A page of a list: what was asked for, and how far it goes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use super::index::{Found, Listing};
use super::{Cursor, Item};
use crate::domain::MediaKind;

/// Things on a page, at most.
const MOST: usize = 500;

/// What of a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// What stands after this place.
    pub before: Option<Cursor>,
    /// So many.
    pub limit: Option<usize>,
    /// Only these.
    pub kind: Option<MediaKind>,
    /// Only those whose path holds each of these words.
    pub words: String,
    /// The list the asker has.
    pub known: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = OutputPage)]
pub struct Page {
    /// Newest first.
    pub items: Vec<Item>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<String>,
    /// How many there are that fit what was asked for, on all pages.
    pub total: usize,
    /// How many there are of each kind, whatever was asked for.
    pub kinds: BTreeMap<&'static str, usize>,
    /// There are more files than are looked at.
    pub truncated: bool,
    /// Links, and names that can't be shown.
    pub left_out: usize,
    /// The folder, for people.
    pub folder: String,
    /// Whether the folder is there yet.
    pub exists: bool,
    /// The same as long as nothing changes.
    pub version: String,
}

impl Page {
    pub(super) fn of(listing: &Listing, question: &Question, folder: String) -> Self {
        let words: Vec<String> = question.words.split_whitespace().map(str::to_lowercase).collect();
        let fits = |one: &&Found| {
            question.kind.is_none_or(|kind| kind == one.kind) && {
                let path = if words.is_empty() { String::new() } else { one.path.to_lowercase() };
                words.iter().all(|word| path.contains(word.as_str()))
            }
        };
        let limit = question.limit.unwrap_or(100).clamp(1, MOST);
        let after = |one: &&Found| {
            let place = question.before.as_ref();
            place.is_none_or(|place| place.cmp(one.version.modified, &one.path) == Ordering::Less)
        };
        let mut ahead = listing.found.iter().filter(fits).filter(after).peekable();
        let items: Vec<&Found> = ahead.by_ref().take(limit).collect();
        let last = items.last().filter(|_| ahead.peek().is_some());
        let next = last.map(|last| Cursor { modified: last.version.modified, path: last.path.clone() }.to_string());
        let mut kinds = BTreeMap::new();
        for one in &listing.found {
            *kinds.entry(one.kind.as_str()).or_default() += 1;
        }
        Self {
            items: items.into_iter().map(|one| Item::new(one.path.clone(), one.version)).collect(),
            next,
            total: listing.found.iter().filter(fits).count(),
            kinds,
            truncated: listing.truncated,
            left_out: listing.left_out,
            folder,
            exists: !listing.missing,
            version: listing.version.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Media;
    use crate::outputs::Version;

    /// Each a second older than the one before.
    fn listing(paths: &[&str]) -> Listing {
        let found = paths.iter().rev().enumerate().map(|(at, path)| Found {
            path: (*path).to_owned(),
            version: Version { modified: i128::try_from(at).unwrap() * 1_000_000_000, size: 1 },
            kind: Media::of(path).kind,
        });
        let mut found: Vec<Found> = found.collect();
        found.reverse();
        Listing { found, version: "1".to_owned(), ..Listing::default() }
    }

    fn names(page: &Page) -> Vec<&str> {
        page.items.iter().map(|item| item.path.as_str()).collect()
    }

    #[test]
    fn pages_stay_in_place_while_new_ones_come() {
        let ask = |listing: &Listing, before: Option<&str>| {
            let before = before.map(|text| Cursor::parse(text).unwrap());
            Page::of(listing, &Question { before, limit: Some(2), ..Question::default() }, String::new())
        };
        let first = ask(&listing(&["e.png", "d.png", "c.png", "b.png", "a.png"]), None);
        assert_eq!((names(&first), first.total), (vec!["e.png", "d.png"], 5));
        let more = listing(&["g.png", "f.png", "e.png", "d.png", "c.png", "b.png", "a.png"]);
        let second = ask(&more, first.next.as_deref());
        assert_eq!(names(&second), ["c.png", "b.png"]);
        let third = ask(&more, second.next.as_deref());
        assert_eq!((names(&third), &third.next), (vec!["a.png"], &None));
        // What the place was named after may be gone.
        let fewer = listing(&["g.png", "f.png", "e.png", "c.png", "b.png", "a.png"]);
        let place = Cursor { modified: 3_500_000_000, path: "d.png".to_owned() }.to_string();
        assert_eq!(names(&ask(&fewer, Some(&place))), ["e.png", "c.png"]);
    }

    #[test]
    fn kinds_and_words() {
        let all = listing(&["in/Cat.png", "in/dog.PNG", "clip.mp4", "cat.txt"]);
        let ask = |kind, words: &str| {
            Page::of(&all, &Question { kind, words: words.to_owned(), ..Question::default() }, String::new())
        };
        assert_eq!(names(&ask(Some(MediaKind::Image), "")), ["in/Cat.png", "in/dog.PNG"]);
        assert_eq!(names(&ask(None, " CAT ")), ["in/Cat.png", "cat.txt"]);
        assert_eq!(names(&ask(None, "in dog")), ["in/dog.PNG"]);
        let none = ask(Some(MediaKind::Audio), "");
        assert_eq!((none.items.len(), none.total, none.kinds["image"]), (0, 0, 2));
    }
}
