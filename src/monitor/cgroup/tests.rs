//! Tables for both versions, and trees of files like the kernel's.

use super::*;

const V2: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const V1: &str = "33 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  35 32 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
const V1_DOCKER: &str = "35 32 0:32 /docker/4f /sys/fs/cgroup/memory ro master:15 - cgroup cgroup rw,memory\n";

#[test]
fn groups_are_found_where_they_are_mounted() {
    let found = |ours: &str, mounts: &str, controller: &str| {
        levels(ours, mounts, controller).map(|levels| {
            let folders =
                levels.folders.iter().map(|folder| folder.display().to_string().replace("/sys/fs/cgroup", "~"));
            (levels.version, folders.collect::<Vec<_>>().join(" "))
        })
    };
    use Version::{One, Two};
    for (what, ours, mounts, controller, expected) in [
        ("a container's own name space", "0::/\n", V2, "memory", Some((Two, "~"))),
        (
            "a service",
            "0::/system.slice/a.service\n",
            V2,
            "cpu",
            Some((Two, "~/system.slice/a.service ~/system.slice ~")),
        ),
        ("a group outside of what we see", "0::/../../other\n", V2, "cpu", Some((Two, "~"))),
        (
            "version 1",
            "4:memory:/a/b\n2:cpu,cpuacct:/c\n",
            V1,
            "memory",
            Some((One, "~/memory/a/b ~/memory/a ~/memory")),
        ),
        (
            "two controllers in one",
            "4:memory:/a/b\n2:cpu,cpuacct:/c\n",
            V1,
            "cpuacct",
            Some((One, "~/cpu,cpuacct/c ~/cpu,cpuacct")),
        ),
        ("version 1 in a container", "4:memory:/docker/4f\n", V1_DOCKER, "memory", Some((One, "~/memory"))),
        ("… a group below it", "4:memory:/docker/4f/x\n", V1_DOCKER, "memory", Some((One, "~/memory/x ~/memory"))),
        ("… a stranger's path", "4:memory:/elsewhere\n", V1_DOCKER, "memory", Some((One, "~/memory"))),
        (
            "both versions: the first has it",
            "4:memory:/a\n0::/x\n",
            &[V1, V2].concat(),
            "memory",
            Some((One, "~/memory/a ~/memory")),
        ),
        ("both versions: the second has it", "4:memory:/a\n0::/x\n", &[V1, V2].concat(), "io", Some((Two, "~/x ~"))),
        ("not mounted", "0::/\n", V1, "memory", None),
        ("nothing at all", "", "", "memory", None),
        ("nonsense", "::\n4\n\n", "- - -\n - x\n", "memory", None),
    ] {
        let expected = expected.map(|(version, folders)| (version, folders.to_owned()));
        assert_eq!(found(ours, mounts, controller), expected, "{what}");
    }
}

#[test]
fn quotas() {
    for (quota_us, period_us, expected) in [
        ("200000", "100000", Some(2.0)),
        ("50000\n", "100000\n", Some(0.5)),
        ("-1", "100000", None),
        ("max", "100000", None),
        ("0", "100000", None),
        ("100000", "0", None),
        ("", "", None),
    ] {
        assert_eq!(quota(quota_us, period_us), expected, "{quota_us} {period_us}");
    }
}

/// A tree of files, and our groups in it: the own one in `a/b`.
fn tree(version: Version, files: &[(&str, &str)]) -> (tempfile::TempDir, Groups) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("a/b")).unwrap();
    for (name, content) in files {
        fs::write(root.path().join(name), content).unwrap();
    }
    let folders = ["a/b", "a", ""].map(|folder| root.path().join(folder)).to_vec();
    let levels = Some(Levels { version, folders });
    (root, Groups { memory: levels.clone(), cpu: levels.clone(), accounting: levels })
}

#[test]
fn the_tightest_limit_counts_with_the_use_of_its_group() {
    let (_root, groups) = tree(
        Version::Two,
        &[
            ("a/b/memory.max", "max\n"),
            ("a/b/memory.current", "100\n"),
            ("a/memory.max", "1000\n"),
            ("a/memory.current", "700\n"),
            ("a/memory.stat", "anon 500\ninactive_file 150\nactive_file 50\n"),
            ("a/b/cpu.max", "150000 100000\n"),
            ("a/b/cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
            ("a/cpu.max", "max 100000\n"),
        ],
    );
    assert_eq!(groups.memory(4000), Some(Amount { total: 1000, used: 550, percent: 55.0 }));
    assert_eq!(groups.memory(1000), None, "as much as the machine has is no limit");
    assert_eq!(groups.cpu(8.0), Some(CpuLimit { cores: 1.5, used: Duration::from_millis(2500) }));
    assert_eq!(groups.cpu(1.0), None);
}

#[test]
fn version_one_counts_the_same() {
    let (_root, groups) = tree(
        Version::One,
        &[
            ("a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ("a/memory.limit_in_bytes", "2000\n"),
            ("a/memory.usage_in_bytes", "900\n"),
            ("a/memory.stat", "inactive_file 1\ntotal_inactive_file 400\n"),
            ("a/b/cpu.cfs_quota_us", "-1\n"),
            ("a/b/cpu.cfs_period_us", "100000\n"),
            ("a/cpu.cfs_quota_us", "50000\n"),
            ("a/cpu.cfs_period_us", "100000\n"),
            ("a/b/cpuacct.usage", "7\n"),
            ("a/cpuacct.usage", "3000000000\n"),
        ],
    );
    assert_eq!(groups.memory(4000), Some(Amount { total: 2000, used: 500, percent: 25.0 }));
    assert_eq!(groups.cpu(2.0), Some(CpuLimit { cores: 0.5, used: Duration::from_secs(3) }));
}

#[test]
fn what_cant_be_read_is_no_limit() {
    for version in [Version::One, Version::Two] {
        let (_root, groups) = tree(version, &[]);
        assert_eq!((groups.memory(4000), groups.cpu(2.0)), (None, None));
        let limits: &[_] = match version {
            Version::One => &[
                ("a/memory.limit_in_bytes", "2000"),
                ("a/cpu.cfs_quota_us", "50000"),
                ("a/cpu.cfs_period_us", "100000"),
            ],
            Version::Two => &[("a/memory.max", "2000"), ("a/cpu.max", "50000 100000")],
        };
        let (_root, groups) = tree(version, limits);
        assert_eq!((groups.memory(4000), groups.cpu(2.0)), (None, None), "a limit whose use is not known");
    }
    let (_root, groups) = tree(Version::Two, &[("a/memory.max", "lots"), ("a/memory.current", "1"), ("a/cpu.max", "")]);
    assert_eq!((groups.memory(4000), groups.cpu(2.0)), (None, None), "nonsense");
}

#[test]
fn our_own_groups_can_be_looked_for() {
    let groups = Groups::find();
    assert!(groups.memory(u64::MAX).is_none_or(|memory| memory.used <= memory.total));
}
