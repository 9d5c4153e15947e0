//! The words of the mails that FindMe sends, in French and English.
//!
//! One file per kind of mail: a function from what the mail is about to its [`Message`]. Who sends it, and when, is
//! the caller's business.
//!
//! ## Why
//! - Pure functions: a mail can be read in a test, and shown in the outbox, without anything being sent.
//! - Both languages stand side by side in one `match`, so that whoever changes one sees the other, and the compiler
//!   misses a language that was forgotten.
//! - Plain text: it reads the same everywhere, and what a person wrote (the name of an event) cannot become markup.
//! - What people wrote goes through [`line`] before it reaches a mail: a name with a line break in it must not begin a
//!   new header, nor a new paragraph.

mod choose_password;
mod invitation;
mod line;
mod new_photos;
mod password_changed;
mod reset_password;

pub use choose_password::choose_password;
pub use invitation::invitation;
pub use line::line;
pub use new_photos::new_photos;
pub use password_changed::password_changed;
pub use reset_password::reset_password;

/// A mail without its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line, without control characters.
    pub subject: String,
    /// Plain text; lines end with `\n`.
    pub body: String,
}

/// What a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`invitation`].
    Invitation,
    /// [`choose_password`].
    ChoosePassword,
    /// [`reset_password`].
    ResetPassword,
    /// [`password_changed`].
    PasswordChanged,
    /// [`new_photos`].
    NewPhotos,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Invitation, Self::ChoosePassword, Self::ResetPassword, Self::PasswordChanged, Self::NewPhotos];

    /// Its name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::ChoosePassword => "choose_password",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::NewPhotos => "new_photos",
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Language, Role};

    use super::*;

    const LINK: &str = "https://photos.example.org/reset?token=0123456789abcdef";
    const LANGUAGES: [Language; 2] = [Language::En, Language::Fr];

    /// The mails of a kind, one for each way it can be put, about an event of this name.
    fn mails(kind: Kind, language: Language, event_name: &str) -> Vec<Message> {
        match kind {
            Kind::Invitation => [Role::Admin, Role::Organiser, Role::Photographer, Role::Attendee]
                .into_iter()
                .flat_map(|role| [1, 7].map(|days| invitation(language, role, LINK, days)))
                .collect(),
            Kind::ChoosePassword => vec![choose_password(language, event_name, LINK)],
            Kind::ResetPassword => [None, Some(event_name)]
                .into_iter()
                .flat_map(|place| [1, 60].map(|minutes| reset_password(language, place, LINK, minutes)))
                .collect(),
            Kind::PasswordChanged => vec![password_changed(language)],
            Kind::NewPhotos => {
                [1, 3, 1200].map(|photos| new_photos(language, event_name, photos, LINK)).into()
            }
        }
    }

    fn all(language: Language, event_name: &str) -> Vec<Message> {
        Kind::ALL.into_iter().flat_map(|kind| mails(kind, language, event_name)).collect()
    }

    #[test]
    fn every_mail_gives_its_link_on_a_line_of_its_own() {
        for (kind, language) in Kind::ALL.into_iter().flat_map(|kind| LANGUAGES.map(|l| (kind, l))) {
            for mail in mails(kind, language, "Gala") {
                let links = mail.body.lines().filter(|line| *line == LINK).count();
                // That a password was changed asks for nothing: a mail that can be forged should carry no link.
                let expected = usize::from(kind != Kind::PasswordChanged);
                assert_eq!(links, expected, "{mail:?}");
            }
        }
    }

    #[test]
    fn the_languages_differ_and_no_two_kinds_are_alike() {
        for (english, french) in all(Language::En, "Gala").iter().zip(all(Language::Fr, "Gala")) {
            assert_ne!(english.subject, french.subject);
            assert!(english.body.starts_with("Hello") && french.body.starts_with("Bonjour"), "{french:?}");
        }
        for language in LANGUAGES {
            let first = |kind| mails(kind, language, "Gala").swap_remove(0).subject;
            let subjects: std::collections::BTreeSet<_> = Kind::ALL.into_iter().map(first).collect();
            assert_eq!(subjects.len(), Kind::ALL.len());
        }
        let names: std::collections::BTreeSet<_> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn a_name_cannot_begin_a_header_or_a_paragraph() {
        let sly = "Gala\r\nBcc: everybody@example.org\n\nDear\u{2028}friend\u{202e}\u{0}\u{85}!";
        for language in LANGUAGES {
            for mail in all(language, sly) {
                assert!(!mail.subject.chars().any(|c| c.is_control() || c == '\u{2028}'), "{mail:?}");
                assert!(!mail.body.lines().any(|line| line.starts_with("Bcc:") || line.starts_with("Dear")));
                let control = |c: char| (c.is_control() && c != '\n') || "\u{2028}\u{202e}".contains(c);
                assert!(!mail.body.chars().any(control), "{mail:?}");
            }
        }
        assert_eq!(choose_password(Language::En, "A\r\n B", LINK).subject, "Your account for “A B”");
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        let says = |mail: Message, text: &str| assert!(mail.body.contains(text), "{text}: {}", mail.body);
        says(invitation(Language::En, Role::Organiser, LINK, 1), "for 1 day,");
        says(invitation(Language::En, Role::Organiser, LINK, 7), "for 7 days,");
        says(invitation(Language::Fr, Role::Organiser, LINK, 1), "pendant 1\u{a0}jour ");
        says(invitation(Language::Fr, Role::Organiser, LINK, 7), "pendant 7\u{a0}jours ");
        says(reset_password(Language::En, None, LINK, 1), "for 1 minute,");
        says(reset_password(Language::Fr, None, LINK, 60), "pendant 60\u{a0}minutes ");
        let subject = |language, photos| new_photos(language, "Gala", photos, LINK).subject;
        assert_eq!(subject(Language::En, 1), "1 new photo of you at “Gala”");
        assert_eq!(subject(Language::En, 3), "3 new photos of you at “Gala”");
        assert_eq!(subject(Language::Fr, 1), "1 nouvelle photo de vous à «\u{a0}Gala\u{a0}»");
        assert_eq!(subject(Language::Fr, 3), "3 nouvelles photos de vous à «\u{a0}Gala\u{a0}»");
    }

    #[test]
    fn french_is_set_as_french_is() {
        for mail in all(Language::Fr, "Gala") {
            let text = format!("{}\n{}", mail.subject, mail.body.replace(LINK, ""));
            assert!(!text.contains(['\'', '"', '“']), "straight or English quotes: {text}");
            assert!(!text.contains(" tu ") && !text.contains(" ton ") && !text.contains(" ta "), "{text}");
            let chars: Vec<char> = text.chars().collect();
            for pair in chars.windows(2) {
                if matches!(pair[1], ':' | ';' | '!' | '?' | '»') || pair[0] == '«' {
                    assert!(pair.contains(&'\u{a0}'), "{pair:?} in {text}");
                }
            }
        }
    }

    #[test]
    fn mails_are_short_enough_to_be_read() {
        for mail in LANGUAGES.into_iter().flat_map(|language| all(language, &"é".repeat(120))) {
            assert!(mail.subject.chars().count() <= 200, "{}", mail.subject);
            assert!(mail.body.lines().count() <= 16, "{}", mail.body);
            assert!(mail.body.ends_with('\n') && !mail.body.ends_with("\n\n"), "{:?}", mail.body);
        }
    }
}
