//! What is known of one file: what it is, how large, and what is written in it besides the picture.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use image::{ImageDecoder, ImageFormat, ImageReader};
use serde::Serialize;

use super::written::Text;
use super::{Item, OutputError, exif, png_text, thumbnail};
use crate::domain::{Media, MediaKind};

/// So much of a text is shown.
const PREVIEW: u64 = 64 << 10;

/// Everything there is to say about a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OutputAbout)]
pub struct About {
    /// What the list says of it.
    #[serde(flatten)]
    pub item: Item,
    /// As what a browser gets it.
    pub media_type: &'static str,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// What is written in a picture.
    pub texts: Vec<Text>,
    /// How a text begins.
    pub preview: Option<Text>,
    /// Why something is not known: a sentence.
    pub note: Option<String>,
}

/// Looks at a file.
///
/// # Errors
/// It can't be read.
pub(super) fn about(mut file: File, item: Item) -> Result<About, OutputError> {
    let media = Media::of(&item.name);
    let mut about = About {
        media_type: media.shown_as.unwrap_or("application/octet-stream"),
        width: None,
        height: None,
        texts: Vec::new(),
        preview: None,
        note: None,
        item,
    };
    match media.kind {
        MediaKind::Image if media.thumbnail => about.picture(&mut file),
        MediaKind::Text => about.read(file),
        _ => Ok(()),
    }
    .map_err(|error| OutputError::Failed(format!("'{}' can't be read: {error}.", about.item.path)))?;
    Ok(about)
}

impl About {
    fn picture(&mut self, file: &mut File) -> std::io::Result<()> {
        match thumbnail::look(file, &self.item.name) {
            Ok(look) => (self.width, self.height) = (Some(look.width), Some(look.height)),
            Err(error) => self.note = Some(error.to_string()),
        }
        file.rewind()?;
        self.texts = png_text::read(&mut BufReader::with_capacity(1 << 10, &mut *file))?;
        if self.texts.is_empty() && self.note.is_none() {
            self.texts = exif_of(file).map(|raw| exif::read(&raw)).unwrap_or_default();
        }
        Ok(())
    }

    fn read(&mut self, file: File) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        file.take(PREVIEW).read_to_end(&mut bytes)?;
        if memchr::memchr(0, &bytes).is_some() {
            self.note = Some("This is no text, whatever its name says. Download it to look into it.".to_owned());
            return Ok(());
        }
        let cut = self.item.size > PREVIEW;
        // A character that is cut through at the end is left out.
        let end = match std::str::from_utf8(&bytes) {
            Err(error) if cut && error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        bytes.truncate(end);
        self.preview = Some(Text { key: String::new(), text: String::from_utf8_lossy(&bytes).into_owned(), cut });
        Ok(())
    }
}

/// The EXIF data of a JPEG or WebP.
fn exif_of(file: &mut File) -> Option<Vec<u8>> {
    file.rewind().ok()?;
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format().ok()?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::WebP)) {
        return None;
    }
    reader.into_decoder().ok()?.exif_metadata().ok()?
}
