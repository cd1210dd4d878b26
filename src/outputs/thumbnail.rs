//! Small pictures. A picture is an app's word: what it says of its size is looked at before anything of it is unpacked.

use std::fs::File;
use std::io::{BufReader, Seek};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{OutputError, Version};

/// No file is looked at that is longer: some decoders read all of it at once.
const FILE: u64 = 128 << 20;

/// Pixels: 16384 × 8192 is more than any upscaler's usual.
const PIXELS: u64 = 16_384 * 8_192;

/// Bytes one picture may take while it is unpacked.
pub(super) const MEMORY: u64 = 512 << 20;

const QUALITY: u8 = 82;

/// How large a small picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// 256 pixels.
    Small,
    /// 512 pixels.
    Large,
}

impl Side {
    /// Reads the number of pixels.
    ///
    /// # Errors
    /// It is neither.
    pub fn of(pixels: u32) -> Result<Self, OutputError> {
        match pixels {
            256 => Ok(Self::Small),
            512 => Ok(Self::Large),
            other => Err(OutputError::Invalid(format!("size={other} is not one of: 256, 512."))),
        }
    }

    /// Its longer side.
    pub fn pixels(self) -> u32 {
        match self {
            Self::Small => 256,
            Self::Large => 512,
        }
    }
}

/// A small picture.
#[derive(Debug)]
pub struct Thumbnail {
    /// As a file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub media_type: &'static str,
    /// Of which picture.
    pub version: Version,
}

/// What a picture says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes it will take to unpack it.
    memory: u64,
}

/// Looks at the beginning of a picture.
pub(super) fn look(file: &mut File, name: &str) -> Result<Look, OutputError> {
    let length = file.metadata().map_or(u64::MAX, |facts| facts.len());
    if length > FILE {
        let why = format!("the file is larger than {} MiB", FILE >> 20);
        return Err(OutputError::NoPicture { name: name.to_owned(), why });
    }
    let (format, decoder) = decoder(file, name)?;
    let (width, height) = decoder.dimensions();
    let unpacked = decoder.total_bytes();
    // A progressive one is held twice as wide until its last pass.
    let memory = if format == ImageFormat::Jpeg { unpacked.saturating_mul(3).saturating_add(length) } else { unpacked };
    Ok(Look { width, height, memory })
}

impl Look {
    /// The bytes it takes to make a small picture of it.
    ///
    /// # Errors
    /// They are too many.
    pub(super) fn memory(&self, name: &str) -> Result<u64, OutputError> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        if pixels > PIXELS || self.memory > MEMORY {
            return Err(OutputError::TooLarge { name: name.to_owned(), width: self.width, height: self.height });
        }
        Ok(self.memory.max(1))
    }
}

/// Makes a small picture: JPEG, or WebP where something can be seen through it.
pub(super) fn make(file: &mut File, name: &str, side: Side) -> Result<(Vec<u8>, &'static str), OutputError> {
    let (_, mut decoder) = decoder(file, name)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder).map_err(|error| broken(name, &error))?;
    let pixels = side.pixels();
    let mut small = if whole.width().max(whole.height()) > pixels { whole.thumbnail(pixels, pixels) } else { whole };
    small.apply_orientation(orientation);
    let mut bytes = Vec::new();
    let rgba = small.color().has_alpha().then(|| small.to_rgba8());
    if let Some(rgba) = rgba.filter(|rgba| rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX)) {
        let encoded = WebPEncoder::new_lossless(&mut bytes).encode(
            rgba.as_raw(),
            rgba.width(),
            rgba.height(),
            image::ExtendedColorType::Rgba8,
        );
        encoded.map_err(|error| broken(name, &error))?;
        return Ok((bytes, "image/webp"));
    }
    let encoded = JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&small.to_rgb8());
    encoded.map_err(|error| broken(name, &error))?;
    Ok((bytes, "image/jpeg"))
}

/// What the file is, by its own first bytes, whatever it is called.
fn decoder<'a>(file: &'a mut File, name: &str) -> Result<(ImageFormat, impl ImageDecoder + 'a), OutputError> {
    let failed = |error: std::io::Error| broken(name, &ImageError::IoError(error));
    file.rewind().map_err(failed)?;
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(failed)?;
    let Some(format) = reader.format() else {
        return Err(OutputError::NoPicture { name: name.to_owned(), why: "it is not what its name says".to_owned() });
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    Ok((format, reader.into_decoder().map_err(|error| broken(name, &error))?))
}

fn broken(name: &str, error: &ImageError) -> OutputError {
    let why = match error {
        ImageError::Limits(_) => "it would take too much memory".to_owned(),
        ImageError::Unsupported(_) => "this kind of picture is not understood here".to_owned(),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it ends in the middle; it may still be written".to_owned()
        }
        error => format!("it is damaged ({error})"),
    };
    OutputError::NoPicture { name: name.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn small_ones_of_every_kind() {
        let plain = DynamicImage::from(RgbImage::from_pixel(600, 300, Rgb([200, 30, 60])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp] {
            let mut file = file(&encoded(&plain, format));
            let look = look(&mut file, "a").unwrap();
            assert_eq!((look.width, look.height), (600, 300), "{format:?}");
            let (bytes, media_type) = make(&mut file, "a", Side::Small).unwrap();
            let small = image::load_from_memory(&bytes).unwrap();
            assert_eq!((small.width(), small.height(), media_type), (256, 128, "image/jpeg"), "{format:?}");
        }
        let clear = DynamicImage::from(RgbaImage::from_pixel(40, 20, Rgba([1, 2, 3, 100])));
        let (bytes, media_type) = make(&mut file(&encoded(&clear, ImageFormat::Png)), "a", Side::Large).unwrap();
        let small = image::load_from_memory(&bytes).unwrap();
        assert_eq!((small.width(), small.height(), media_type), (40, 20, "image/webp"), "and never larger than it is");
    }

    #[test]
    fn what_it_says_of_itself_is_enough_to_refuse_it() {
        // A header, and nothing that would fill 50000 × 50000.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x06\0\0\0".to_vec();
        let mut crc = flate2::Crc::new();
        crc.update(&bomb[12..]);
        bomb.extend(crc.sum().to_be_bytes());
        bomb.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        let found = look(&mut file(&bomb), "bomb.png").and_then(|look| look.memory("bomb.png"));
        assert_eq!(found, Err(OutputError::TooLarge { name: "bomb.png".to_owned(), width: 50_000, height: 50_000 }));
    }

    #[test]
    fn what_is_no_picture_is_said_to_be_none() {
        let half = encoded(&DynamicImage::from(RgbImage::new(300, 300)), ImageFormat::Jpeg);
        for bytes in [&b""[..], b"text", b"\x89PNG\r\n\x1a\n", b"GIF89a", &half[..20]] {
            let found = look(&mut file(bytes), "a.png");
            assert!(matches!(found, Err(OutputError::NoPicture { .. })), "{found:?}");
        }
    }
}
