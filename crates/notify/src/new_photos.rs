//! A person who asked for it is told of new photos that show them.

use domain::Language;

use crate::{Message, line};

/// The mail that tells a person that they are on `photos` new photos; `link` leads to the event.
pub fn new_photos(language: Language, event_name: &str, photos: u64, link: &str) -> Message {
    let event = line(event_name);
    match language {
        Language::En => {
            let new = if photos == 1 { "1 new photo".to_owned() } else { format!("{photos} new photos") };
            let has_come = if photos == 1 { "has come in" } else { "have come in" };
            Message {
                subject: format!("{new} of you at “{event}”"),
                body: format!(
                    "Hello,\n\n\
                     {new} of you {has_come} at “{event}”. Have a look:\n\n\
                     {link}\n\n\
                     You get this message because you asked to be kept posted. \
                     On the page of the event, under “My data”, you can stop these messages \
                     or delete your face data at any time.\n\n\
                     Enjoy your photos,\nFindMe\n"
                ),
            }
        }
        Language::Fr => {
            let new = if photos < 2 {
                format!("{photos}\u{a0}nouvelle photo")
            } else {
                format!("{photos}\u{a0}nouvelles photos")
            };
            let has_come = if photos < 2 { "vient d’arriver" } else { "viennent d’arriver" };
            Message {
                subject: format!("{} de vous à «\u{a0}{event}\u{a0}»", new.replace('\u{a0}', " ")),
                body: format!(
                    "Bonjour,\n\n\
                     {new} de vous {has_come} à «\u{a0}{event}\u{a0}». Venez voir\u{a0}:\n\n\
                     {link}\n\n\
                     Vous recevez ce message parce que vous l’avez demandé. \
                     Sur la page de l’événement, sous «\u{a0}Mes données\u{a0}», vous pouvez à tout moment arrêter \
                     ces messages ou supprimer les données de votre visage.\n\n\
                     Bonnes photos,\nFindMe\n"
                ),
            }
        }
    }
}
