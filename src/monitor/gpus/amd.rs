//! AMD's GPUs, by the files in which the kernel's driver (amdgpu) shows them. What a card has no file for is not known of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Gpu, Kind, Look};
use crate::monitor::amount::{Amount, tenths};

/// Where the kernel lists what draws.
pub(super) const DEVICES: &str = "/sys/class/drm";

/// The vendor's number on the PCI bus.
const VENDOR: &str = "0x1002";

/// Adds the cards, numbered on from those that are there, in the order of the bus. Where there are some, that there is no driver
/// of another maker is nothing to complain of.
pub(super) fn add(devices: &Path, look: &mut Look) {
    let cards = cards(devices);
    if cards.is_empty() {
        return;
    }
    if look.gpus.is_empty() && look.driver.is_none() {
        look.note = None;
    }
    let first = look.gpus.iter().map(|gpu| gpu.id + 1).max().unwrap_or(0);
    look.gpus.extend((first..).zip(&cards).filter_map(|(id, card)| read(id, card)));
}

/// The folders of the cards: `card0`, not its outputs (`card0-DP-1`).
fn cards(devices: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(devices).into_iter().flatten().flatten();
    let is_card = |name: &str| {
        name.strip_prefix("card").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut cards: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_card))
        .filter_map(|entry| entry.path().join("device").canonicalize().ok())
        .filter(|device| text(device, "vendor").as_deref() == Some(VENDOR))
        .collect();
    cards.sort();
    cards
}

/// A card must tell its memory; of the rest what it can.
fn read(id: u32, device: &Path) -> Option<Gpu> {
    let place = device.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let sensors = fs::read_dir(device.join("hwmon")).into_iter().flatten().flatten().next().map(|entry| entry.path());
    let sensor = |name: &str| number(sensors.as_ref()?, name);
    let watts = |name: &str| sensor(name).map(micro);
    let small = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
    Some(Gpu {
        kind: Kind::Amd,
        id,
        // Not every card has a number of its own; then the place it is plugged in has to do.
        uuid: text(device, "unique_id").map_or_else(|| format!("AMD-{place}"), |own| format!("AMD-{own}")),
        name: text(device, "product_name")
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("AMD GPU at {place}")),
        vram: Amount::new(number(device, "mem_info_vram_total")?, number(device, "mem_info_vram_used")?),
        utilization_percent: small(number(device, "gpu_busy_percent")),
        temperature: small(sensor("temp1_input").map(|thousandths| thousandths / 1000)),
        power: watts("power1_average").or_else(|| watts("power1_input")),
        power_limit: watts("power1_cap"),
        clock: small(sensor("freq1_input").map(|hertz| hertz / 1_000_000)),
        memory_clock: small(sensor("freq2_input").map(|hertz| hertz / 1_000_000)),
        mig: Vec::new(),
        processes: Vec::new(),
        stale: false,
    })
}

fn text(folder: &Path, file: &str) -> Option<String> {
    Some(fs::read_to_string(folder.join(file)).ok()?.trim().to_owned())
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    text(folder, file)?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "watts to one digit")]
fn micro(watts: u64) -> f32 {
    tenths(watts as f32 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), format!("{text}\n")).unwrap();
        }
    }

    /// As the kernel lays it out: links from the class to the place on the bus.
    fn machine() -> tempfile::TempDir {
        let machine = tempfile::tempdir().unwrap();
        let drm = machine.path().join("drm");
        fs::create_dir_all(&drm).unwrap();
        for (card, place, files) in [
            (
                "card1",
                "0000:03:00.0",
                &[
                    ("vendor", "0x1002"),
                    ("mem_info_vram_total", "1000"),
                    ("mem_info_vram_used", "250"),
                    ("gpu_busy_percent", "37"),
                    ("unique_id", "a1b2"),
                    ("product_name", "Radeon"),
                ][..],
            ),
            (
                "card0",
                "0000:0a:00.0",
                &[("vendor", "0x1002"), ("mem_info_vram_total", "8"), ("mem_info_vram_used", "0")],
            ),
            (
                "card2",
                "0000:0b:00.0",
                &[("vendor", "0x10de"), ("mem_info_vram_total", "8"), ("mem_info_vram_used", "0")],
            ),
            ("card3", "0000:0c:00.0", &[("vendor", "0x1002")]),
        ] {
            let device = machine.path().join(place);
            write(&device, files);
            fs::create_dir(drm.join(card)).unwrap();
            std::os::unix::fs::symlink(&device, drm.join(card).join("device")).unwrap();
        }
        write(
            &machine.path().join("0000:03:00.0/hwmon/hwmon4"),
            &[
                ("temp1_input", "51500"),
                ("power1_average", "123456789"),
                ("power1_cap", "300000000"),
                ("freq1_input", "2500000000"),
                ("freq2_input", "1249000000"),
            ],
        );
        write(&drm.join("card1-DP-1"), &[("vendor", "0x1002")]);
        machine
    }

    #[test]
    fn cards_are_told_in_the_order_of_the_bus() {
        let machine = machine();
        let mut look = Look { note: Some("No NVIDIA driver was found.".to_owned()), ..Look::default() };
        add(&machine.path().join("drm"), &mut look);
        assert_eq!(look.note, None);
        let [first, second] = look.gpus.as_slice() else { panic!("{look:?}") };
        assert_eq!((first.id, first.uuid.as_str(), first.name.as_str()), (0, "AMD-a1b2", "Radeon"));
        assert_eq!((first.vram.percent, first.utilization_percent, first.temperature), (25.0, Some(37), Some(51)));
        assert_eq!((first.power, first.power_limit), (Some(123.5), Some(300.0)));
        assert_eq!((first.clock, first.memory_clock), (Some(2500), Some(1249)));
        assert_eq!(
            (second.id, second.uuid.as_str(), second.name.as_str()),
            (1, "AMD-0000:0a:00.0", "AMD GPU at 0000:0a:00.0")
        );
        assert_eq!((second.temperature, second.power, second.utilization_percent), (None, None, None));
    }

    #[test]
    fn a_machine_without_keeps_its_note() {
        let empty = tempfile::tempdir().unwrap();
        for devices in [empty.path().to_owned(), empty.path().join("missing")] {
            let mut look = Look { note: Some("none".to_owned()), ..Look::default() };
            add(&devices, &mut look);
            assert_eq!((look.note.as_deref(), look.gpus.len()), (Some("none"), 0));
        }
    }
}
