//! A password is no longer what it was.

use domain::Language;

use crate::Message;

/// The mail that tells a person that their password was changed. It has no link, so that a forged one stands out.
pub fn password_changed(language: Language) -> Message {
    match language {
        Language::En => Message {
            subject: "Your password was changed".to_owned(),
            body: "Hello,\n\n\
                   The password of your FindMe account was just changed.\n\n\
                   If it was you, all is well and there is nothing to do.\n\n\
                   If it was not you, choose a new password now: open the log-in page as you always do, \
                   then “Forgotten password”. And tell your organiser or admin.\n\n\
                   See you soon,\nFindMe\n"
                .to_owned(),
        },
        Language::Fr => Message {
            subject: "Votre mot de passe a été changé".to_owned(),
            body: "Bonjour,\n\n\
                   Le mot de passe de votre compte FindMe vient d’être changé.\n\n\
                   Si c’était vous, tout va bien et il n’y a rien à faire.\n\n\
                   Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe\u{a0}: ouvrez la page de \
                   connexion comme d’habitude, puis «\u{a0}Mot de passe oublié\u{a0}». \
                   Et prévenez votre organisateur ou administrateur.\n\n\
                   À bientôt,\nFindMe\n"
                .to_owned(),
        },
    }
}
