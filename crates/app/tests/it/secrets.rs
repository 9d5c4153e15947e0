//! Nothing secret stands in the logs: all that the whole suite has logged is searched.

use regex::Regex;

/// What must not stand in a log, and how it looks.
fn secrets() -> Vec<(&'static str, Regex)> {
    let patterns = [
        ("a password of the tests", r"seven green lamps|eleven blue doors|correct horse|quartz lantern"),
        ("an e-mail address", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
        ("an access token", r"eyJ[A-Za-z0-9_-]{16,}"),
        ("a refresh, set-up, password, invitation or visitor token", r"fm[rspiv]_[0-9a-f]{8,}"),
        ("a token's header", r"(Bearer |bearer |findme_access=|findme_refresh=|findme_visitor_[0-9a-f]+=)"),
        ("a password's hash", r"\$argon2id\$|\$2[aby]\$[0-9]{2}\$"),
        ("a secret of two-step log-in", r"otpauth:|[A-Z2-7]{32}"),
        ("a backup code", r"[0-9a-f]{5}-[0-9a-f]{5}-[0-9a-f]{5}-[0-9a-f]{5}"),
        ("the signature of an address", r"signature=[0-9a-f]{16,}"),
        ("a vector", r"(-?[0-9]+\.[0-9]{3,}(e-?[0-9]+)?[\s]*,[\s]*){6,}"),
        ("the password of a database", r"postgres(ql)?://[^:@/\s]+:[^@\s]+@"),
    ];
    patterns.map(|(name, pattern)| (name, Regex::new(pattern).unwrap())).to_vec()
}

#[test]
fn each_kind_of_secret_would_be_found() {
    let token = "f".repeat(64);
    let samples = [
        "password=correct horse".to_owned(),
        "to ann@example.org".to_owned(),
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJz".to_owned(),
        format!("fmr_{token}"),
        "Authorization: Bearer x".to_owned(),
        "$argon2id$v=19$m=19456".to_owned(),
        "secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
        "0a1b2-c3d4e-5f607-18293".to_owned(),
        "/media/x?signature=0123456789abcdef0".to_owned(),
        "[0.0123, -0.456, 0.7891, 0.0012, -0.3456, 0.1234, 0.5678]".to_owned(),
        "postgres://findme:pw@host/db".to_owned(),
    ];
    assert_eq!(samples.len(), secrets().len());
    for (sample, (name, pattern)) in samples.iter().zip(secrets()) {
        assert!(pattern.is_match(sample), "{name}: {sample}");
    }
}

#[test]
#[ignore = "reads what all other tests have logged: ./test.sh runs it last"]
fn no_log_of_the_whole_suite_holds_a_secret() {
    let folder = crate::logs::folder().expect("FINDME_TEST_LOGS names the folder with the logs");
    let (mut files, mut lines, mut log_ins, mut found) = (0, 0, 0, Vec::new());
    let secrets = secrets();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        files += 1;
        for line in text.lines() {
            lines += 1;
            log_ins += usize::from(line.contains("log-in"));
            let held = secrets.iter().find(|(_, pattern)| pattern.is_match(line));
            found.extend(held.map(|(name, _)| format!("{}: {name}: {line}", path.display())));
        }
    }
    assert!(
        files >= 50 && lines >= 2000 && log_ins >= 100,
        "the logs were not kept: {files} files, {lines} lines, {log_ins} log-ins"
    );
    assert!(found.is_empty(), "{} lines, such as\n{}", found.len(), found[..found.len().min(10)].join("\n"));
}
