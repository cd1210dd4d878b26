//! The file name of a wheel (PEP 427), and what it says about where the wheel fits.

use super::text::MAX_FILE_NAME;
use super::{Invalid, text_type};

/// `name-version(-build)?-python-abi-platform.whl`: one component of a path by construction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelName(String);

/// What a wheel's name is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WheelParts<'a> {
    /// The distribution.
    pub name: &'a str,
    /// Its version, a local part such as `+cu128` included.
    pub version: &'a str,
    /// The build number, where there is one.
    pub build: Option<&'a str>,
    /// The Pythons it is for, dots between them.
    pub python: &'a str,
    /// Their binary interfaces.
    pub abi: &'a str,
    /// The systems it is for.
    pub platform: &'a str,
}

/// What stands in front of the compute capability in the names of wheels that were built for one card.
const ARCH: &str = "+arch";

impl WheelName {
    /// Checks the form. Names may hold letters, digits, `.`, `_`, `+` and `!` between their hyphens, so none leads anywhere.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > MAX_FILE_NAME {
            return Err(Invalid::new(format!("a wheel's name is at most {MAX_FILE_NAME} bytes long")));
        }
        if text.contains(['/', '\\']) {
            return Err(Invalid::new("a wheel's name must not hold / or \\: it is a file name, not a path"));
        }
        let Some(stem) = text.strip_suffix(".whl") else {
            return Err(Invalid::new("a wheel's name ends in .whl"));
        };
        let fields: Vec<&str> = stem.split('-').collect();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+!".contains(c);
        let good = matches!(fields.len(), 5 | 6)
            && fields.iter().all(|field| !field.is_empty() && field.chars().all(plain))
            && fields.first().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric()))
            && fields.get(1).is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
            && (fields.len() == 5
                || fields.get(2).is_some_and(|build| build.starts_with(|c: char| c.is_ascii_digit())));
        if good {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "a wheel is called name-version-python-abi-platform.whl, as in torch-2.7.0-cp312-cp312-linux_x86_64.whl: pip \
             installs none of another name",
        ))
    }

    /// What it is made of.
    pub fn parts(&self) -> WheelParts<'_> {
        let stem = self.0.strip_suffix(".whl").unwrap_or(&self.0);
        // From the end: the build number may be missing in the middle.
        let mut rest = stem.rsplitn(4, '-');
        let (platform, abi, python) = (rest.next(), rest.next(), rest.next());
        let mut head = rest.next().unwrap_or_default().splitn(3, '-');
        WheelParts {
            name: head.next().unwrap_or_default(),
            version: head.next().unwrap_or_default(),
            build: head.next(),
            python: python.unwrap_or_default(),
            abi: abi.unwrap_or_default(),
            platform: platform.unwrap_or_default(),
        }
    }

    /// The compute capability it was built for, by `+arch8.9` in its name.
    pub fn arch(&self) -> Option<&str> {
        let (at, end) = self.arch_at()?;
        self.0.get(at + ARCH.len()..end)
    }

    /// The name an instance gets it under: without the capability, which is no part of the version in the wheel itself.
    pub fn installed(&self) -> Self {
        let Some((at, end)) = self.arch_at() else { return self.clone() };
        let (before, after) = (self.0.get(..at).unwrap_or_default(), self.0.get(end..).unwrap_or_default());
        // What else there is of a local version keeps its sign.
        match after.strip_prefix('.') {
            Some(rest) if !rest.starts_with("whl") => Self(format!("{before}+{rest}")),
            _ => Self(format!("{before}{after}")),
        }
    }

    /// From the sign to behind the number: `8.9`, `12.0`, `9.0a`.
    fn arch_at(&self) -> Option<(usize, usize)> {
        let at = self.0.find(ARCH)?;
        let rest = self.0.get(at + ARCH.len()..)?;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let major = digits(rest);
        let minor = rest.get(major..)?.strip_prefix('.').map(digits).filter(|count| *count > 0);
        let mut length = major + minor.map_or(0, |count| count + 1);
        if rest.get(length..)?.starts_with(|c: char| c.is_ascii_lowercase()) {
            length += 1;
        }
        (major > 0).then_some((at, at + ARCH.len() + length))
    }

    /// Why it can't be installed with this Python (`3.12.4`) on this machine (`x86_64`), if it can't.
    pub fn misfit(&self, python: &str, machine: &str) -> Option<String> {
        let WheelParts { python: tags, abi, platform, .. } = self.parts();
        let mut numbers = python.split('.').map_while(|part| part.parse::<u32>().ok());
        let (major, minor) = (numbers.next()?, numbers.next()?);
        if !tags.split('.').any(|tag| takes(tag, abi, major, minor)) {
            return Some(format!("It is for {}; this environment has Python {major}.{minor}.", spoken(tags)));
        }
        if !platform.split('.').any(|tag| tag == "any" || (tag.contains("linux") && tag.ends_with(machine))) {
            return Some(format!("It is for {platform}; this machine is linux_{machine}."));
        }
        None
    }
}

/// Whether a Python takes wheels of this tag: `py3` and `py38` by any later one, `cp38` with the stable interface too.
fn takes(tag: &str, abi: &str, major: u32, minor: u32) -> bool {
    let of = |prefix: &str| -> Option<(u32, Option<u32>)> {
        let digits = tag.strip_prefix(prefix)?;
        let (first, rest) = digits.split_at_checked(1)?;
        Some((first.parse().ok()?, if rest.is_empty() { None } else { Some(rest.parse().ok()?) }))
    };
    if let Some((tag_major, tag_minor)) = of("py") {
        return tag_major == major && tag_minor.is_none_or(|tag_minor| tag_minor <= minor);
    }
    let Some((tag_major, tag_minor)) = of("cp") else { return false };
    let stable = abi.split('.').any(|abi| matches!(abi, "abi3" | "none"));
    tag_major == major && tag_minor.is_none_or(|tag| tag == minor || (stable && tag < minor))
}

/// `cp312` as "Python 3.12".
fn spoken(tags: &str) -> String {
    let one = |tag: &str| {
        let digits = tag.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        match digits.split_at_checked(1) {
            Some((major, "")) => format!("Python {major}"),
            Some((major, minor)) => format!("Python {major}.{minor}"),
            None => tag.to_owned(),
        }
    };
    tags.split('.').map(one).collect::<Vec<_>>().join(" or ")
}

text_type!(WheelName);

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(text: &str) -> WheelName {
        WheelName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn names() {
        for good in [
            "torch-2.7.0-cp312-cp312-linux_x86_64.whl",
            "torch-2.7.0+cu128-cp312-cp312-manylinux_2_28_x86_64.whl",
            "flash_attn-2.7.4+arch8.9-cp312-cp312-linux_x86_64.whl",
            "six-1.16.0-py2.py3-none-any.whl",
            "demo-1!2.0.post1-1build-py3-none-any.whl",
            "A.B-0-py3-none-any.whl",
        ] {
            assert_eq!(wheel(good).as_str(), good);
        }
        for bad in [
            "",
            ".whl",
            "torch.whl",
            "torch-2.7.0-cp312-cp312.whl",
            "torch-2.7.0-cp312-cp312-linux_x86_64.zip",
            "torch-2.7.0-cp312-cp312-linux_x86_64.whl.part",
            "../torch-2.7.0-cp312-cp312-linux_x86_64.whl",
            "/torch-2.7.0-cp312-cp312-linux_x86_64.whl",
            "a/b-1-py3-none-any.whl",
            "a\\b-1-py3-none-any.whl",
            ".a-1-py3-none-any.whl",
            "a-1-py3-none-any\0.whl",
            "a--py3-none-any.whl",
            "a-x-py3-none-any.whl",
            "a-1-x-py3-none-any.whl",
            "a-1-2-3-py3-none-any.whl",
            "a b-1-py3-none-any.whl",
            "ä-1-py3-none-any.whl",
            "manifest.json",
        ] {
            assert!(WheelName::parse(bad).is_err(), "{bad:?}");
        }
        let long = format!("{}-1-py3-none-any.whl", "x".repeat(240));
        assert!(WheelName::parse(&long).is_err());
    }

    #[test]
    fn parts_with_and_without_a_build() {
        let plain = wheel("flash_attn-2.7.4+cu12-cp312-cp312-linux_x86_64.whl");
        let parts = plain.parts();
        assert_eq!((parts.name, parts.version, parts.build), ("flash_attn", "2.7.4+cu12", None));
        assert_eq!((parts.python, parts.abi, parts.platform), ("cp312", "cp312", "linux_x86_64"));
        let built = wheel("demo-1.0-2local-py2.py3-none-any.whl");
        assert_eq!((built.parts().build, built.parts().python), (Some("2local"), "py2.py3"));
    }

    #[test]
    fn the_capability_is_told_and_taken_off() {
        for (name, arch, installed) in [
            ("a-1.0-py3-none-any.whl", None, "a-1.0-py3-none-any.whl"),
            ("a-1.0+arch8.9-py3-none-any.whl", Some("8.9"), "a-1.0-py3-none-any.whl"),
            ("a-1.0+arch12.0-1-py3-none-any.whl", Some("12.0"), "a-1.0-1-py3-none-any.whl"),
            ("a-1.0+arch9.0a-py3-none-any.whl", Some("9.0a"), "a-1.0-py3-none-any.whl"),
            ("a-1.0+arch89-py3-none-any.whl", Some("89"), "a-1.0-py3-none-any.whl"),
            ("a-1.0+cu128+arch8.9-py3-none-any.whl", Some("8.9"), "a-1.0+cu128-py3-none-any.whl"),
            ("a-1.0+arch8.9.cu128-py3-none-any.whl", Some("8.9"), "a-1.0+cu128-py3-none-any.whl"),
            ("a-1.0+arch8.9+cu128-py3-none-any.whl", Some("8.9"), "a-1.0+cu128-py3-none-any.whl"),
            ("a-1.0+archive-py3-none-any.whl", None, "a-1.0+archive-py3-none-any.whl"),
        ] {
            let wheel = wheel(name);
            assert_eq!(wheel.arch(), arch, "{name}");
            assert_eq!(wheel.installed().as_str(), installed, "{name}");
            assert!(WheelName::parse(wheel.installed().as_str()).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_fits() {
        for (name, python, fits) in [
            ("a-1-cp312-cp312-linux_x86_64.whl", "3.12.4", true),
            ("a-1-cp312-cp312-linux_x86_64.whl", "3.11", false),
            ("a-1-cp38-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", "3.12.4", true),
            ("a-1-cp38-cp38-linux_x86_64.whl", "3.12.4", false),
            ("a-1-py3-none-any.whl", "3.12.4", true),
            ("a-1-py2-none-any.whl", "3.12.4", false),
            ("a-1-py313-none-any.whl", "3.12.4", false),
            ("a-1-py2.py3-none-any.whl", "3.9", true),
            ("a-1-cp312-cp312-win_amd64.whl", "3.12", false),
            ("a-1-cp312-cp312-linux_aarch64.whl", "3.12", false),
            ("a-1-cp312-cp312-musllinux_1_2_x86_64.whl", "3.12", true),
            ("a-1-cp312-cp312-linux_x86_64.whl", "what", true),
        ] {
            assert_eq!(wheel(name).misfit(python, "x86_64").is_none(), fits, "{name} with {python}");
        }
        let words = wheel("a-1-cp311-cp311-linux_x86_64.whl").misfit("3.12.4", "x86_64").unwrap();
        assert_eq!(words, "It is for Python 3.11; this environment has Python 3.12.");
    }
}
