//! A small picture of a desktop as it is now, taken from its X server: either engine has one.

use std::io::Cursor;

use image::{ImageFormat as Format, RgbImage, imageops};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, ImageOrder};

use super::x;
use crate::domain::Desktop;

/// The screen as a PNG that is at most `width` pixels wide. It waits for the X server: never on a thread that serves others.
///
/// # Errors
/// The screen can't be had now: a sentence.
pub fn take(desktop: &Desktop, width: u32) -> Result<Vec<u8>, String> {
    let picture = look(desktop).map_err(|error| format!("The screen can't be had now: {error}."))?;
    let width = width.clamp(1, picture.width());
    let height = (u64::from(picture.height()) * u64::from(width) / u64::from(picture.width())).max(1);
    let small = imageops::thumbnail(&picture, width, u32::try_from(height).unwrap_or(u32::MAX));
    let mut file = Cursor::new(Vec::new());
    small.write_to(&mut file, Format::Png).map_err(|error| format!("The picture can't be written: {error}."))?;
    Ok(file.into_inner())
}

fn look(desktop: &Desktop) -> Result<RgbImage, x::Wrong> {
    let connection = x::connect(desktop)?;
    let setup = connection.setup();
    let is_little = setup.image_byte_order == ImageOrder::LSB_FIRST;
    let root = setup.roots.first().ok_or("it has no screen")?.root;
    let size = connection.get_geometry(root)?.reply()?;
    let picture = connection.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, size.width, size.height, !0)?.reply()?;
    if picture.depth != 24 {
        return Err(format!("its colours have {} bits instead of 24", picture.depth).into());
    }
    let pixels = picture.data.chunks_exact(4).flat_map(|pixel| match pixel {
        [blue, green, red, _] if is_little => [*red, *green, *blue],
        [_, red, green, blue] => [*red, *green, *blue],
        _ => [0; 3],
    });
    RgbImage::from_raw(size.width.into(), size.height.into(), pixels.collect())
        .ok_or_else(|| "it gave too little".into())
}
