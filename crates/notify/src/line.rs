//! What people wrote, as one line.

/// `text` on one line: white space of every kind becomes single spaces, and what cannot be seen or turns the direction
/// of writing is left out.
pub fn line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() && c != '\u{a0}' { ' ' } else { c })
        .filter(|c| !turns_direction(*c))
        .collect();
    visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The marks of the Unicode bidirectional algorithm, with which a text can be made to look like another.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_one_clean_line() {
        let check = |text, expected| assert_eq!(line(text), expected, "{text:?}");
        check("Gala d’été\u{a0}!", "Gala d’été\u{a0}!");
        check(" a\r\nb\tc\u{2029}d\u{85}e ", "a b c d e");
        check("a\u{202e}b\u{0}c", "ab c");
        check("שלום 🎉", "שלום 🎉");
        check("\n\n", "");
    }
}
