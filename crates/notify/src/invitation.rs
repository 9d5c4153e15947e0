//! Somebody is asked to become a member of staff.

use domain::{Language, Role};

use crate::Message;

/// The mail that invites a person to work with FindMe; `link` leads to the page where they make their account.
pub fn invitation(language: Language, role: Role, link: &str, days: u32) -> Message {
    match language {
        Language::En => {
            let (role, does) = match role {
                Role::Admin => {
                    ("an admin", "You will run the whole installation: events, accounts and settings.")
                }
                Role::Organiser => ("an organiser", "You will create events and follow their figures."),
                Role::Photographer => (
                    "a photographer",
                    "You will upload your photos, and people will find theirs within seconds.",
                ),
                Role::Attendee => ("an attendee", "You will find the photos you are in with one selfie."),
            };
            let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            Message {
                subject: format!("You are invited to FindMe as {role}"),
                body: format!(
                    "Hello,\n\n\
                     You are invited to join FindMe as {role}. {does}\n\n\
                     Open this link to choose your name and your password:\n\n\
                     {link}\n\n\
                     It works once and for {days}, so please keep it to yourself.\n\n\
                     If you did not expect this invitation, you can ignore it: no account is made without you.\n\n\
                     See you soon,\nFindMe\n"
                ),
            }
        }
        Language::Fr => {
            let (role, does) = match role {
                Role::Admin => (
                    "administrateur",
                    "Vous gérerez toute l’installation\u{a0}: les événements, les comptes et les réglages.",
                ),
                Role::Organiser => ("organisateur", "Vous créerez vos événements et suivrez leurs chiffres."),
                Role::Photographer => (
                    "photographe",
                    "Vous enverrez vos photos, et chacun retrouvera les siennes en quelques secondes.",
                ),
                Role::Attendee => {
                    ("participant", "Vous retrouverez avec un seul selfie les photos où vous êtes.")
                }
            };
            let days = if days < 2 { format!("{days}\u{a0}jour") } else { format!("{days}\u{a0}jours") };
            Message {
                subject: format!("Votre invitation à rejoindre FindMe comme {role}"),
                body: format!(
                    "Bonjour,\n\n\
                     On vous invite à rejoindre FindMe comme {role}. {does}\n\n\
                     Ouvrez ce lien pour choisir votre nom et votre mot de passe\u{a0}:\n\n\
                     {link}\n\n\
                     Il est valable une seule fois et pendant {days} à partir de maintenant\u{a0}: \
                     gardez-le pour vous.\n\n\
                     Si vous n’attendiez pas cette invitation, ignorez-la\u{a0}: aucun compte n’est créé sans vous.\n\n\
                     À bientôt,\nFindMe\n"
                ),
            }
        }
    }
}
