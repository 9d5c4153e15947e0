//! Names that files were sent with.

/// Longest file name kept, in characters.
const FILE_NAME_CHARS_MAX: usize = 200;

/// `name` without folders, without characters that a person cannot see or that turn text around, at most 200
/// characters, its ending kept; "photo" when nothing is left.
pub fn file_name_of(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns_text =
        |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let visible: Vec<char> = base.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect();
    if visible.iter().all(|c| c.is_whitespace() || *c == '.') {
        return "photo".to_owned();
    }
    let surplus = visible.len().saturating_sub(FILE_NAME_CHARS_MAX);
    let ending = visible.len().min(8);
    let (stem, ending) = visible.split_at(visible.len() - ending);
    stem[..stem.len().saturating_sub(surplus)].iter().chain(ending).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_harmless_and_keep_their_ending() {
        let check = |name: &str, expected: &str| assert_eq!(file_name_of(name), expected);
        check("DSC_0001.JPG", "DSC_0001.JPG");
        check("../../etc/passwd.jpg", "passwd.jpg");
        check("C:\\photos\\a.jpg", "a.jpg");
        check("a'b\"c;d&e.jpg", "a'b\"c;d&e.jpg");
        check("é\u{202E}gpj.exe\n", "égpj.exe");
        check("..", "photo");
        check("", "photo");
        let long = file_name_of(&format!("{}.jpeg", "é".repeat(250)));
        assert!(long.chars().count() == 200 && long.ends_with("é.jpeg"), "{long}");
    }
}
