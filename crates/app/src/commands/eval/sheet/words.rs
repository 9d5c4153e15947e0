//! What the sheet says, in both languages, and how they write numbers.

use domain::Language;

/// Every word of the sheet but the sentences with numbers in them.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) private: &'static str,
    pub(super) mine: &'static str,
    pub(super) maybe: &'static str,
    pub(super) how: &'static str,
    pub(super) limits: &'static str,
    pub(super) curve_missed: &'static str,
    pub(super) curve_missed_across: &'static str,
    pub(super) curve_missed_up: &'static str,
    pub(super) curve_precision: &'static str,
    pub(super) curve_precision_across: &'static str,
    pub(super) curve_precision_up: &'static str,
    pub(super) people: &'static str,
    pub(super) worst_first: &'static str,
    pub(super) without_error: &'static str,
    pub(super) missed: &'static str,
    pub(super) wrong: &'static str,
    pub(super) found: &'static str,
    pub(super) nobody: &'static str,
    pub(super) no_face: &'static str,
    pub(super) no_picture: &'static str,
    pub(super) selfie: &'static str,
    pub(super) unusable: &'static str,
    pub(super) unreadable: &'static str,
}

const ENGLISH: Words = Words {
    code: "en",
    title: "How well people are found",
    private: "This sheet contains photographs of people. It is for local use: do not publish it or pass it on, and delete it when you are done.",
    mine: "Shown as “your photos”",
    maybe: "With “maybe you”",
    how: "Each selfie was searched in all photos, and the answer compared with the labels: who is on which photo, as people have written it down. Likeness goes from 0 (strangers) to 1 (the same picture).",
    limits: "Where a label is missing, a right answer counts as wrong; photos of whom nobody is sure do not count.",
    curve_missed: "Found, against strangers shown",
    curve_missed_across: "of 10,000 photos of others, so many are shown",
    curve_missed_up: "of 100 photos of the person, so many are found",
    curve_precision: "Found, against right ones among those shown",
    curve_precision_across: "of 100 photos of the person, so many are found",
    curve_precision_up: "of 100 photos shown, so many are right",
    people: "Person by person",
    worst_first: "Those with the largest share of errors come first. The frame is around the face that is most like the selfie.",
    without_error: "Without any error",
    missed: "Missed",
    wrong: "Somebody else",
    found: "Found",
    nobody: "nobody with a label",
    no_face: "no face found",
    no_picture: "no picture",
    selfie: "Selfie",
    unusable: "This selfie could not be used",
    unreadable: "Photos that could not be read",
};

const FRENCH: Words = Words {
    code: "fr",
    title: "Les personnes sont-elles bien retrouvées ?",
    private: "Cette page contient des photographies de personnes. Elle est réservée à un usage local : ne la publiez pas, ne la transmettez pas, et supprimez-la après usage.",
    mine: "Montrées comme « vos photos »",
    maybe: "Avec « peut-être vous »",
    how: "Chaque selfie a été recherché dans toutes les photos, et la réponse comparée aux étiquettes : qui est sur quelle photo, tel que noté par des personnes. La ressemblance va de 0 (inconnus) à 1 (la même image).",
    limits: "Là où une étiquette manque, une bonne réponse compte comme une erreur ; les photos où l’identité est incertaine ne comptent pas.",
    curve_missed: "Photos retrouvées, selon les inconnus montrés",
    curve_missed_across: "sur 10 000 photos d’autres personnes, nombre de photos montrées",
    curve_missed_up: "sur 100 photos de la personne, nombre de photos retrouvées",
    curve_precision: "Photos retrouvées, selon la justesse de celles montrées",
    curve_precision_across: "sur 100 photos de la personne, nombre de photos retrouvées",
    curve_precision_up: "sur 100 photos montrées, nombre de photos justes",
    people: "Personne par personne",
    worst_first: "Celles qui ont la plus grande part d’erreurs viennent d’abord. Le cadre entoure le visage le plus ressemblant au selfie.",
    without_error: "Sans aucune erreur",
    missed: "Manquées",
    wrong: "Quelqu’un d’autre",
    found: "Retrouvées",
    nobody: "personne d’étiqueté",
    no_face: "aucun visage trouvé",
    no_picture: "pas d’image",
    selfie: "Selfie",
    unusable: "Ce selfie n’a pas pu être utilisé",
    unreadable: "Photos illisibles",
};

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::Fr => &FRENCH,
        }
    }
}

/// A whole number with its thousands set apart: `12,345`, `12 345`.
pub(super) fn whole(number: usize, language: Language) -> String {
    let separator = match language {
        Language::En => ",",
        Language::Fr => "\u{202F}",
    };
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(separator)
}

/// A likeness: `0.27`, `0,27`.
pub(super) fn likeness(score: f32, language: Language) -> String {
    let text = format!("{score:.2}");
    match language {
        Language::En => text,
        Language::Fr => text.replace('.', ","),
    }
}

/// "Of 100 photos of a person, 96 are found."
pub(super) fn of_a_person(found: usize, language: Language) -> String {
    match (language, found) {
        (Language::En, _) => format!("Of 100 photos of a person, <b>{found}</b> are found."),
        (Language::Fr, 0 | 1) => format!("Sur 100 photos d’une personne, <b>{found}</b> est retrouvée."),
        (Language::Fr, _) => format!("Sur 100 photos d’une personne, <b>{found}</b> sont retrouvées."),
    }
}

/// "Of 1,000 photos shown, 9 show somebody else."
pub(super) fn of_those_shown(wrong: usize, language: Language) -> String {
    let number = whole(wrong, language);
    match (language, wrong) {
        (Language::En, 0) => "Of 1,000 photos shown, <b>none</b> shows somebody else.".to_owned(),
        (Language::En, 1) => "Of 1,000 photos shown, <b>1</b> shows somebody else.".to_owned(),
        (Language::En, _) => format!("Of 1,000 photos shown, <b>{number}</b> show somebody else."),
        (Language::Fr, 0) => {
            "Sur 1\u{202F}000 photos montrées, <b>aucune</b> ne montre quelqu’un d’autre.".to_owned()
        }
        (Language::Fr, 1) => {
            "Sur 1\u{202F}000 photos montrées, <b>1</b> montre quelqu’un d’autre.".to_owned()
        }
        (Language::Fr, _) => {
            format!("Sur 1\u{202F}000 photos montrées, <b>{number}</b> montrent quelqu’un d’autre.")
        }
    }
}

/// What stands below the two: the numbers from which they come.
pub(super) fn counted(found: usize, theirs: usize, wrong: usize, language: Language) -> String {
    let of = |number| whole(number, language);
    let (found_text, theirs, wrong, shown) = (of(found), of(theirs), of(wrong), of(found + wrong));
    match language {
        Language::En => {
            format!("Counted: {found_text} of {theirs} found; {wrong} of {shown} shown are wrong.")
        }
        Language::Fr => {
            format!("Compté : {found_text} sur {theirs} retrouvées ; {wrong} fausses sur {shown} montrées.")
        }
    }
}

/// What was measured.
pub(super) fn measured(
    photos: usize,
    faces: usize,
    selfies: usize,
    pack: &str,
    language: Language,
) -> String {
    let of = |number| whole(number, language);
    let (photos, faces, selfies) = (of(photos), of(faces), of(selfies));
    match language {
        Language::En => format!("{photos} photos, {faces} faces, {selfies} selfies; model pack “{pack}”."),
        Language::Fr => {
            format!("{photos} photos, {faces} visages, {selfies} selfies ; jeu de modèles « {pack} ».")
        }
    }
}

/// How one person fared, with both bands.
pub(super) fn fared(found: usize, theirs: usize, wrong: usize, language: Language) -> String {
    match (language, wrong) {
        (Language::En, 0) => format!("{found} of {theirs} found"),
        (Language::En, _) => format!("{found} of {theirs} found, {wrong} of somebody else"),
        (Language::Fr, 0) => format!("retrouvées : {found} sur {theirs}"),
        (Language::Fr, _) => format!("retrouvées : {found} sur {theirs} ; de quelqu’un d’autre : {wrong}"),
    }
}

/// From which likeness on photos are shown.
pub(super) fn bands(sure: f32, maybe: f32, language: Language) -> String {
    let (sure, maybe) = (likeness(sure, language), likeness(maybe, language));
    match language {
        Language::En => format!("“Your photos” begin at {sure}, “maybe you” at {maybe}."),
        Language::Fr => format!("« Vos photos » commencent à {sure}, « peut-être vous » à {maybe}."),
    }
}

/// The caption of who is really on a photo, with how many are not named.
pub(super) fn shows(names: &str, more: usize, language: Language) -> String {
    match (language, more) {
        (Language::En, 0) => format!("shows {names}"),
        (Language::En, _) => format!("shows {names} and {more} more"),
        (Language::Fr, 0) => format!("montre {names}"),
        (Language::Fr, 1) => format!("montre {names} et 1 autre"),
        (Language::Fr, _) => format!("montre {names} et {more} autres"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!(whole(1_234_567, Language::En), "1,234,567");
        assert_eq!(whole(12_345, Language::Fr), "12\u{202F}345");
        assert_eq!(whole(0, Language::En), "0");
        assert_eq!(likeness(0.274, Language::Fr), "0,27");
        assert!(of_those_shown(9, Language::En).contains("<b>9</b> show somebody else"));
    }
}
