//! The one table of errors: code, status, words in two languages.
//!
//! An error answer is problem JSON (RFC 9457). A handler returns a [`Problem`]; the middleware puts it into the
//! caller's language and adds the request's id, under which a failure of ours stands in the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Language;
use serde::Serialize;
use store::Transaction;
use utoipa::ToSchema;

/// When to come back while the photo store is away or the disk is full.
pub(crate) const PHOTO_STORE_RETRY_S: u32 = 10;
/// When to come back while a part of the service is away: a restart of the database takes a few seconds.
const UNAVAILABLE_RETRY_AFTER_S: u32 = 5;

/// The body of an error answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `about:blank#` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in a few words, in the caller's language.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it, in the caller's language.
    pub detail: String,
    /// Stable name of the error, for programs.
    pub code: &'static str,
    /// The request's id, as in the header `X-Request-Id` and the log.
    pub request_id: String,
    /// The field of the request that is wrong, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}

/// An error answer.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    field: Option<&'static str>,
    /// Stands in the detail where the words say `{pack}`.
    pack: Option<String>,
    retry_after_s: Option<u32>,
}

/// A status by its name, or by its number where HTTP has no name for it.
macro_rules! status {
    ($name:ident) => {
        StatusCode::$name
    };
    ($number:literal) => {
        StatusCode::from_u16($number).expect("a number of three digits is a status")
    };
}

macro_rules! codes {
    ($($name:ident $text:literal $status:tt { $title_en:literal $detail_en:literal $title_fr:literal $detail_fr:literal })*) => {
        /// The name of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(
                #[doc = $detail_en]
                $name,
            )*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name in answers.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The HTTP status.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => status!($status)),* }
            }

            /// Title and detail for people.
            pub fn words(self, language: Language) -> (&'static str, &'static str) {
                match (self, language) {
                    $(
                        (Self::$name, Language::En) => ($title_en, $detail_en),
                        (Self::$name, Language::Fr) => ($title_fr, $detail_fr),
                    )*
                }
            }
        }
    };
}

codes! {
    Internal "internal" INTERNAL_SERVER_ERROR {
        "Something went wrong here" "This is our fault. Please try again; if it stays, give the request id to whoever runs this site."
        "Un problème est survenu ici" "C’est de notre faute. Réessayez ; si cela persiste, transmettez l’identifiant de requête à l’exploitant du site."
    }
    Unavailable "unavailable" SERVICE_UNAVAILABLE {
        "Not available right now" "A part of the service is away. Please try again in a moment."
        "Indisponible pour le moment" "Une partie du service est absente. Réessayez dans un instant."
    }
    RecognitionAway "recognition_away" SERVICE_UNAVAILABLE {
        "Searching is not possible right now" "The face recognition service does not answer. Please try again in a few minutes."
        "La recherche est momentanément impossible" "Le service de reconnaissance des visages ne répond pas. Réessayez dans quelques minutes."
    }
    FacesKeptElsewhere "faces_kept_elsewhere" CONFLICT {
        "This needs a selfie here" "This event’s faces are kept by Amazon Rekognition, so no face can be kept to search again. Search with a selfie."
        "Il faut ici un selfie" "Les visages de cet événement sont conservés par Amazon Rekognition : aucun visage ne peut être gardé pour une nouvelle recherche. Cherchez avec un selfie."
    }
    Busy "busy" TOO_MANY_REQUESTS {
        "Many people are searching" "Please try again in a few seconds."
        "Beaucoup de monde en même temps" "Réessayez dans quelques secondes."
    }
    NoSuchEndpoint "no_such_endpoint" NOT_FOUND {
        "No such address" "The API has nothing at this address; /api-docs lists what there is."
        "Adresse inconnue" "L’API n’a rien à cette adresse ; /api-docs en donne la liste."
    }
    BadRequest "bad_request" BAD_REQUEST {
        "The request cannot be read" "Its form is not the one that /api-docs describes."
        "Requête illisible" "Sa forme n’est pas celle que décrit /api-docs."
    }
    TooLarge "too_large" PAYLOAD_TOO_LARGE {
        "Too large" "Send a smaller file."
        "Trop volumineux" "Envoyez un fichier plus petit."
    }
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED {
        "Not at this address" "This address does not take this method; /api-docs lists what it takes."
        "Pas à cette adresse" "Cette adresse n’accepte pas cette méthode ; /api-docs en donne la liste."
    }
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE {
        "The request's form is not known" "Send JSON, with the header Content-Type: application/json, or what /api-docs names."
        "Forme de requête inconnue" "Envoyez du JSON, avec l’en-tête Content-Type: application/json, ou ce que nomme /api-docs."
    }
    BodyInvalid "body_invalid" UNPROCESSABLE_ENTITY {
        "The request does not say what is needed" "A field is missing or has the wrong type; /api-docs describes them."
        "La requête ne dit pas ce qu’il faut" "Un champ manque ou n’a pas le bon type ; /api-docs les décrit."
    }
    FieldInvalid "field_invalid" UNPROCESSABLE_ENTITY {
        "A field is not right" "Please correct the field that is marked."
        "Un champ est incorrect" "Corrigez le champ indiqué."
    }
    NotLoggedIn "not_logged_in" UNAUTHORIZED {
        "Please log in" "Your session has ended or you are not logged in."
        "Connectez-vous" "Votre session est terminée ou vous n’êtes pas connecté."
    }
    GuardHeaderMissing "guard_header_missing" FORBIDDEN {
        "Refused for your safety" "Calls that change something need the header X-FindMe: 1."
        "Refusé pour votre sécurité" "Les appels qui modifient quelque chose exigent l’en-tête X-FindMe: 1."
    }
    WrongCredentials "wrong_credentials" UNAUTHORIZED {
        "Name or password is wrong" "Check both and try again."
        "Identifiant ou mot de passe incorrect" "Vérifiez les deux et réessayez."
    }
    MfaRequired "mfa_required" UNAUTHORIZED {
        "One more step" "Enter the code that your authenticator shows, or a backup code."
        "Encore une étape" "Saisissez le code affiché par votre application d’authentification, ou un code de secours."
    }
    MfaCodeWrong "mfa_code_wrong" UNAUTHORIZED {
        "This code is not right" "Wait for the next code, check the clock of your device, or use a backup code; each code works once."
        "Ce code n’est pas le bon" "Attendez le code suivant, vérifiez l’heure de votre appareil ou utilisez un code de secours ; chaque code ne sert qu’une fois."
    }
    MfaEnrolmentNeeded "mfa_enrolment_needed" FORBIDDEN {
        "Set up two-step log-in first" "It is required of everybody here; your account page leads you through it."
        "Activez d’abord la connexion en deux étapes" "Elle est obligatoire ici pour tous ; la page de votre compte vous guide."
    }
    MfaNotBegun "mfa_not_begun" CONFLICT {
        "There is nothing to confirm" "Begin setting up two-step log-in again."
        "Il n’y a rien à confirmer" "Recommencez l’activation de la connexion en deux étapes."
    }
    MfaOn "mfa_on" CONFLICT {
        "Two-step log-in is on already" "Switch it off first to set it up on another device."
        "La connexion en deux étapes est déjà active" "Désactivez-la d’abord pour changer d’appareil."
    }
    MfaNeededHere "mfa_needed_here" FORBIDDEN {
        "Two-step log-in has to stay on" "An admin requires it of everybody here."
        "La connexion en deux étapes doit rester active" "Un administrateur l’exige ici de tous."
    }
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS {
        "Too many attempts" "Please wait a moment before you try again."
        "Trop de tentatives" "Patientez un instant avant de réessayer."
    }
    Forbidden "forbidden" FORBIDDEN {
        "This is not for you to do" "Your account may not do this; ask an admin or the organiser."
        "Vous ne pouvez pas faire cela" "Votre compte n’y a pas droit ; adressez-vous à un administrateur ou à l’organisateur."
    }
    EmailTaken "email_taken" CONFLICT {
        "This e-mail is taken" "There is an account with it already; log in, or use another address."
        "Cet e-mail est déjà utilisé" "Un compte existe déjà avec cette adresse ; connectez-vous ou utilisez-en une autre."
    }
    UsernameTaken "username_taken" CONFLICT {
        "This user name is taken" "Please choose another one."
        "Ce nom d’utilisateur est déjà pris" "Choisissez-en un autre."
    }
    PasswordTooEasy "password_too_easy" UNPROCESSABLE_ENTITY {
        "This password is too easy to guess" "Choose something longer or less common, such as three or four words that do not belong together."
        "Ce mot de passe est trop facile à deviner" "Choisissez plus long ou moins courant, par exemple trois ou quatre mots sans rapport entre eux."
    }
    LinkInvalid "link_invalid" FORBIDDEN {
        "This link is not valid" "It was used, has run out, or is incomplete. Ask for a new one."
        "Ce lien n’est pas valable" "Il a servi, a expiré ou est incomplet. Demandez-en un autre."
    }
    ListUnreadable "list_unreadable" BAD_REQUEST {
        "This list cannot be read" "Its first line must name the columns: name, email, username, password. Save it as CSV in UTF-8."
        "Cette liste est illisible" "Sa première ligne doit nommer les colonnes : name, email, username, password. Enregistrez-la en CSV UTF-8."
    }
    UserNotFound "user_not_found" NOT_FOUND {
        "No such account" "It may have been removed."
        "Compte introuvable" "Il a peut-être été supprimé."
    }
    InvitationNotFound "invitation_not_found" NOT_FOUND {
        "No such invitation" "It was accepted, withdrawn, or has run out."
        "Invitation introuvable" "Elle a été acceptée, retirée ou a expiré."
    }
    LastAdmin "last_admin" CONFLICT {
        "Somebody must run this site" "This is the last admin; make somebody else an admin first."
        "Quelqu’un doit administrer ce site" "C’est le dernier administrateur ; nommez-en d’abord un autre."
    }
    SetupTokenInvalid "setup_token_invalid" FORBIDDEN {
        "This set-up link is not valid" "It was used, has run out, or is incomplete. Restart FindMe to get a new one."
        "Ce lien d’installation n’est pas valable" "Il a servi, a expiré ou est incomplet. Redémarrez FindMe pour en obtenir un autre."
    }
    SetupDone "setup_done" CONFLICT {
        "FindMe is set up already" "There is an admin; please log in."
        "FindMe est déjà installé" "Un administrateur existe ; connectez-vous."
    }
    EventNotFound "event_not_found" NOT_FOUND {
        "No such event" "Check the link; the event may have been removed."
        "Événement introuvable" "Vérifiez le lien ; l’événement a peut-être été supprimé."
    }
    PhotoNotFound "photo_not_found" NOT_FOUND {
        "No such photo" "It may have been removed, or it has not failed."
        "Photo introuvable" "Elle a peut-être été supprimée, ou n’a pas échoué."
    }
    PackNotFound "pack_not_found" NOT_FOUND {
        "No such access pack" "It may have been deleted."
        "Pack d’accès introuvable" "Il a peut-être été supprimé."
    }
    ImageNotFound "image_not_found" NOT_FOUND {
        "No such image" "The event has no such logo or cover; it may have been replaced."
        "Image introuvable" "L’événement n’a pas ce logo ou cette couverture ; l’image a peut-être été remplacée."
    }
    ImageUnreadable "image_unreadable" UNPROCESSABLE_ENTITY {
        "This picture cannot be used" "Send a JPEG, PNG or WebP file of at most 8 MB that opens on your computer."
        "Cette image est inutilisable" "Envoyez un fichier JPEG, PNG ou WebP de 8 Mo au plus qui s’ouvre sur votre ordinateur."
    }
    NotYourPhoto "not_your_photo" FORBIDDEN {
        "Some of these photos are somebody else’s" "You can delete photos that you uploaded; ask an organiser to delete the others. Nothing was changed."
        "Certaines de ces photos ne sont pas à vous" "Vous pouvez supprimer les photos que vous avez envoyées ; demandez à un organisateur pour les autres. Rien n’a été modifié."
    }
    JobNotFound "job_not_found" NOT_FOUND {
        "No such job" "It is done, or somebody has given it up."
        "Tâche introuvable" "Elle est terminée, ou quelqu’un l’a abandonnée."
    }
    JobNotGivenUp "job_not_given_up" CONFLICT {
        "This photo cannot be given up by itself" "Its faces would be missing from the new index: retry it, or cancel the re-index of its event."
        "Cette photo ne peut pas être abandonnée seule" "Ses visages manqueraient dans le nouvel index : réessayez, ou annulez la réindexation de son événement."
    }
    BatchNotFound "batch_not_found" NOT_FOUND {
        "No such batch" "Check its id; batches belong to one event."
        "Lot introuvable" "Vérifiez son identifiant ; un lot appartient à un seul événement."
    }
    TusVersion "tus_version" PRECONDITION_FAILED {
        "Another version of the upload protocol is needed" "Send the header Tus-Resumable: 1.0.0."
        "Une autre version du protocole d’envoi est nécessaire" "Envoyez l’en-tête Tus-Resumable: 1.0.0."
    }
    UploadNotFound "upload_not_found" NOT_FOUND {
        "No such upload" "It was given up, or belongs to somebody else. Begin it anew."
        "Envoi introuvable" "Il a été abandonné ou appartient à quelqu’un d’autre. Recommencez-le."
    }
    UploadGone "upload_gone" GONE {
        "This upload has run out" "Nothing came for too long, or it was given up. Begin it anew."
        "Cet envoi a expiré" "Rien n’est arrivé pendant trop longtemps, ou il a été abandonné. Recommencez-le."
    }
    UploadElsewhere "upload_elsewhere" CONFLICT {
        "The upload is not at this place" "Ask with HEAD how far it is, and go on from there."
        "L’envoi n’en est pas là" "Demandez avec HEAD où il en est, et reprenez à cet endroit."
    }
    UploadInterrupted "upload_interrupted" REQUEST_TIMEOUT {
        "The line broke" "What had arrived is kept. Ask with HEAD how far the upload is, and go on from there."
        "La connexion a été coupée" "Ce qui était arrivé est conservé. Demandez avec HEAD où en est l’envoi, et reprenez."
    }
    ChecksumWrong "checksum_wrong" 460 {
        "The piece arrived changed" "Its sum is not the one that was announced. Send it again."
        "Le morceau est arrivé altéré" "Sa somme n’est pas celle annoncée. Envoyez-le à nouveau."
    }
    QuotaReached "quota_reached" PAYLOAD_TOO_LARGE {
        "There is no room left" "The event, or your account, has as many bytes as it may have. Ask an organiser or admin for more."
        "Il n’y a plus de place" "L’événement ou votre compte a atteint son volume autorisé. Demandez-en plus à un organisateur ou à un administrateur."
    }
    TooManyUploads "too_many_uploads" TOO_MANY_REQUESTS {
        "Too many uploads are unfinished" "Finish or give up some of them first."
        "Trop d’envois sont inachevés" "Terminez-en ou abandonnez-en d’abord quelques-uns."
    }
    NothingToDownload "nothing_to_download" NOT_FOUND {
        "There is nothing to download yet" "No photo of this event is ready; come back when some are."
        "Il n’y a encore rien à télécharger" "Aucune photo de cet événement n’est prête ; revenez quand il y en aura."
    }
    DownloadsBusy "downloads_busy" SERVICE_UNAVAILABLE {
        "Many downloads are under way" "Please try again in a moment."
        "Beaucoup de téléchargements sont en cours" "Réessayez dans un instant."
    }
    LinkExpired "link_expired" FORBIDDEN {
        "This link has run out" "Search again to get fresh links."
        "Ce lien a expiré" "Relancez la recherche pour obtenir de nouveaux liens."
    }
    ConsentRequired "consent_required" UNPROCESSABLE_ENTITY {
        "Your consent is needed" "We only look for your face if you agree to it."
        "Votre accord est nécessaire" "Nous ne cherchons votre visage que si vous êtes d’accord."
    }
    ConsentOutdated "consent_outdated" CONFLICT {
        "The terms have changed" "Please reload the page and read them again."
        "Les conditions ont changé" "Rechargez la page et relisez-les."
    }
    RecognitionOff "recognition_off" FORBIDDEN {
        "Face search is off for this event" "The organiser has switched it off."
        "La recherche par visage est désactivée" "L’organisateur l’a désactivée pour cet événement."
    }
    CodeNeeded "code_needed" FORBIDDEN {
        "This event asks for a code" "Enter the code that the organiser gave you."
        "Cet événement demande un code" "Saisissez le code que l’organisateur vous a donné."
    }
    InvitationNeeded "invitation_needed" FORBIDDEN {
        "This event is by invitation" "Log in with your account at this event, or enter the code of your invitation."
        "Cet événement est sur invitation" "Connectez-vous avec votre compte pour cet événement, ou saisissez le code de votre invitation."
    }
    CodeWrong "code_wrong" FORBIDDEN {
        "This code is not right" "Check it and try again; capital letters and spaces do not matter."
        "Ce code n’est pas le bon" "Vérifiez-le et réessayez ; majuscules et espaces n’ont pas d’importance."
    }
    PackUsedUp "pack_used_up" FORBIDDEN {
        "All places of this code are taken" "Ask the organiser for another code."
        "Toutes les places de ce code sont prises" "Demandez un autre code à l’organisateur."
    }
    BrowseOff "browse_off" FORBIDDEN {
        "The photos cannot be browsed" "The organiser has not opened the gallery; search with a selfie instead."
        "Les photos ne peuvent pas être parcourues" "L’organisateur n’a pas ouvert la galerie ; cherchez plutôt avec un selfie."
    }
    SealExpired "seal_expired" GONE {
        "This search has run out" "Take a new selfie to search again."
        "Cette recherche a expiré" "Prenez un nouveau selfie pour relancer la recherche."
    }
    TemplateNeeded "template_needed" CONFLICT {
        "Your face is not kept" "Take a selfie first, or choose to be kept posted."
        "Votre visage n’est pas conservé" "Prenez d’abord un selfie, ou choisissez d’être tenu au courant."
    }
    ModelsMissing "models_missing" SERVICE_UNAVAILABLE {
        "The face models are missing" "Whoever runs this site has to run “findme models pull {pack}” on this server; its log says more."
        "Les modèles de visages manquent" "L’exploitant du site doit lancer « findme models pull {pack} » sur ce serveur ; son journal en dit plus."
    }
    PackNotAvailable "pack_not_available" UNPROCESSABLE_ENTITY {
        "This model pack cannot be used" "There is none of this name, or its licence does not allow it here; “findme models list” shows them."
        "Ce pack de modèles est inutilisable" "Il n’en existe aucun de ce nom, ou sa licence ne le permet pas ici ; « findme models list » les montre."
    }
    PackInUse "pack_in_use" UNPROCESSABLE_ENTITY {
        "The event has this model pack already" "Its photos were read with it; choose another one."
        "L’événement a déjà ce pack de modèles" "Ses photos ont été lues avec lui ; choisissez-en un autre."
    }
    FacesKeptHere "faces_kept_here" UNPROCESSABLE_ENTITY {
        "People keep their face at this event" "To hide them or keep them posted their faces are compared here, which Amazon Rekognition does not do. Choose another pack, or ask them to delete their kept face first."
        "Des personnes conservent leur visage à cet événement" "Pour les masquer ou les tenir au courant, leurs visages sont comparés ici, ce qu’Amazon Rekognition ne fait pas. Choisissez un autre pack, ou demandez-leur d’abord de supprimer leur visage conservé."
    }
    ReindexRunning "reindex_running" CONFLICT {
        "The photos are being read anew" "Wait until that is done, or cancel it first."
        "Les photos sont en cours de relecture" "Attendez la fin, ou annulez-la d’abord."
    }
    SelfieUnreadable "selfie_unreadable" UNPROCESSABLE_ENTITY {
        "This picture cannot be read" "Take another one, or choose a JPEG, PNG, WebP or HEIC file."
        "Cette image est illisible" "Prenez-en une autre, ou choisissez un fichier JPEG, PNG, WebP ou HEIC."
    }
    SelfieNoFace "selfie_no_face" UNPROCESSABLE_ENTITY {
        "No face found" "Look into the camera, with light on your face, and fill the oval."
        "Aucun visage trouvé" "Regardez l’objectif, le visage éclairé, et remplissez l’ovale."
    }
    SelfieSeveralFaces "selfie_several_faces" UNPROCESSABLE_ENTITY {
        "Several faces found" "Take a picture with only you in it, so that we look for the right person."
        "Plusieurs visages trouvés" "Prenez une photo où vous êtes seul, pour que nous cherchions la bonne personne."
    }
    SelfieFaceTooSmall "selfie_face_too_small" UNPROCESSABLE_ENTITY {
        "Your face is too small" "Come closer to the camera."
        "Votre visage est trop petit" "Rapprochez-vous de l’appareil."
    }
    SelfieOtherPerson "selfie_other_person" UNPROCESSABLE_ENTITY {
        "This looks like somebody else" "Take another selfie of the person you searched for, or begin a new search for this one."
        "Ce n’est pas la même personne, semble-t-il" "Reprenez un selfie de la personne recherchée, ou lancez une nouvelle recherche pour celle-ci."
    }
    EmptyFile "empty_file" UNPROCESSABLE_ENTITY {
        "The file is empty" "It has no bytes; copy it from the card again."
        "Le fichier est vide" "Il ne contient rien ; copiez-le à nouveau depuis la carte."
    }
    NotAPhoto "not_a_photo" UNPROCESSABLE_ENTITY {
        "This is not a photo" "FindMe takes JPEG, PNG, WebP, HEIC, AVIF and cameras' RAW files."
        "Ce n’est pas une photo" "FindMe accepte les formats JPEG, PNG, WebP, HEIC, AVIF et les fichiers RAW."
    }
    UnsupportedFormat "unsupported_format" UNPROCESSABLE_ENTITY {
        "This format is not supported" "FindMe takes JPEG, PNG, WebP, HEIC, AVIF and the RAW files CR2, CR3, NEF, ARW, DNG, RAF, ORF and RW2; export the photo as one of them."
        "Ce format n’est pas pris en charge" "FindMe accepte les formats JPEG, PNG, WebP, HEIC, AVIF et les fichiers RAW CR2, CR3, NEF, ARW, DNG, RAF, ORF et RW2 ; exportez la photo dans l’un d’eux."
    }
    CodecMissing "codec_missing" UNPROCESSABLE_ENTITY {
        "This server cannot read HEIC or AVIF yet" "Whoever runs it installs libheif (on Debian and Ubuntu libheif1; from Debian 13 and Ubuntu 24.04 on also libheif-plugin-libde265 and libheif-plugin-dav1d) and starts FindMe again; then try again, or send JPEG."
        "Ce serveur ne lit pas encore HEIC ni AVIF" "L’exploitant doit installer libheif (sous Debian et Ubuntu libheif1 ; à partir de Debian 13 et d’Ubuntu 24.04 aussi libheif-plugin-libde265 et libheif-plugin-dav1d) et redémarrer FindMe ; réessayez ensuite, ou envoyez du JPEG."
    }
    RawWithoutPreview "raw_without_preview" UNPROCESSABLE_ENTITY {
        "The RAW file holds no preview" "FindMe looks at the JPEG that cameras put into RAW files, of at least 640 pixels; let the camera embed one, or export the photo as JPEG."
        "Le fichier RAW ne contient pas d’aperçu" "FindMe utilise le JPEG que les appareils placent dans les fichiers RAW, d’au moins 640 pixels ; activez-le sur l’appareil, ou exportez la photo en JPEG."
    }
    TooManyPixels "too_many_pixels" UNPROCESSABLE_ENTITY {
        "The photo has too many pixels" "Up to 120 megapixels for JPEG and 50 for PNG, WebP, HEIC and AVIF; export it smaller."
        "La photo a trop de pixels" "120 mégapixels au plus en JPEG, 50 en PNG, WebP, HEIC et AVIF ; exportez-la en plus petit."
    }
    Truncated "truncated" UNPROCESSABLE_ENTITY {
        "The file is cut off" "Its end is missing; copy it from the card again."
        "Le fichier est tronqué" "La fin manque ; copiez-le à nouveau depuis la carte."
    }
    Damaged "damaged" UNPROCESSABLE_ENTITY {
        "The file is damaged" "It cannot be decoded; copy it from the card again."
        "Le fichier est endommagé" "Il ne peut pas être décodé ; copiez-le à nouveau depuis la carte."
    }
    OriginalDamaged "original_damaged" UNPROCESSABLE_ENTITY {
        "The original is damaged" "The photo store has changed the file; upload it again."
        "L’original est endommagé" "Le stockage a altéré le fichier ; envoyez-le à nouveau."
    }
    OriginalMissing "original_missing" UNPROCESSABLE_ENTITY {
        "The original is gone" "The photo store has lost the file; upload it again."
        "L’original a disparu" "Le stockage a perdu le fichier ; envoyez-le à nouveau."
    }
    Interrupted "interrupted" UNPROCESSABLE_ENTITY {
        "Reading was interrupted too often" "This photo may be too much for the machine; try again or export it smaller."
        "Lecture interrompue trop souvent" "Cette photo est peut-être trop lourde pour la machine ; réessayez ou exportez-la en plus petit."
    }
    GivenUp "given_up" UNPROCESSABLE_ENTITY {
        "Reading was given up" "An admin took this photo out of the queue; try again to have it read."
        "Lecture abandonnée" "Un administrateur a retiré cette photo de la file d’attente ; réessayez pour la faire lire."
    }
}

impl Code {
    /// Title and detail as one text.
    pub fn sentence(self, language: Language) -> String {
        let (title, detail) = self.words(language);
        format!("{title}. {detail}")
    }

    /// The code that this text names.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl Problem {
    /// A problem with this code.
    pub fn new(code: Code) -> Self {
        let retry_after_s = (code == Code::Unavailable).then_some(UNAVAILABLE_RETRY_AFTER_S);
        Self { code, field: None, pack: None, retry_after_s }
    }

    /// The named field of the request is wrong.
    pub fn field(field: &'static str) -> Self {
        Self { field: Some(field), ..Self::new(Code::FieldInvalid) }
    }

    /// A model pack cannot be used here: the reason is logged here, once, and the caller is told who mends it how.
    pub fn models_missing(refused: &recognizer::PackRefused) -> Self {
        tracing::error!(%refused, "a request needs models that this process lacks");
        Self { pack: Some(refused.pack().to_owned()), ..Self::new(Code::ModelsMissing) }
    }

    /// What the named field asks for cannot be had: somebody else has it, or it is not there.
    pub fn taken(code: Code, field: &'static str) -> Self {
        Self { field: Some(field), ..Self::new(code) }
    }

    /// The limit is reached; come back after `wait`.
    pub fn too_many_attempts(wait: time::Duration) -> Self {
        let seconds = u32::try_from(wait.whole_seconds()).unwrap_or(0).saturating_add(1);
        Self { retry_after_s: Some(seconds), ..Self::new(Code::TooManyAttempts) }
    }

    /// Not now: come back in so many seconds.
    pub fn later(code: Code, retry_after_s: u32) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(code) }
    }

    /// Come back in so many seconds.
    pub fn busy(retry_after_s: u32) -> Self {
        Self::later(Code::Busy, retry_after_s)
    }

    /// A part of the service is away for the moment: logged here, once; the caller is told to come back.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::warn!(%error, "a request found a part of the service away");
        Self::new(Code::Unavailable)
    }

    /// A failure of ours: logged here, once, and told to the caller without particulars.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal)
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The field of the request that is wrong.
    pub(crate) fn field_name(&self) -> Option<&'static str> {
        self.field
    }

    /// The answer in `language`.
    pub(crate) fn answer(&self, language: Language, request_id: &str) -> Response {
        let (title, detail) = self.code.words(language);
        let body = ProblemBody {
            kind: format!("about:blank#{}", self.code.as_str()),
            title,
            status: self.code.status().as_u16(),
            detail: self
                .pack
                .as_ref()
                .map_or_else(|| detail.to_owned(), |pack| detail.replace("{pack}", pack)),
            code: self.code.as_str(),
            request_id: request_id.to_owned(),
            field: self.field,
        };
        let json = serde_json::to_vec(&body).expect("a struct of strings and numbers is JSON");
        let mut response = (self.code.status(), json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        // The middleware, which knows the language and the request's id, writes the body.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        if error.violates_reference() {
            // What was to be referred to went meanwhile; all that goes like that is events and what is in them.
            return Code::EventNotFound.into();
        }
        if error.is_unavailable() {
            return Self::unavailable(&error);
        }
        Self::internal(&error)
    }
}

impl From<blobs::BlobError> for Problem {
    fn from(error: blobs::BlobError) -> Self {
        if error.is_temporary() {
            tracing::error!(%error, "the photo store is away");
            return Self::later(Code::Unavailable, PHOTO_STORE_RETRY_S);
        }
        Self::internal(&error)
    }
}

/// Commits, as a handler ends.
pub(crate) async fn commit(tx: Transaction) -> Result<(), Problem> {
    Ok(tx.commit().await.map_err(store::StoreError::from)?)
}

/// The answer to a method that an address does not take.
pub async fn method_not_allowed() -> Problem {
    Code::MethodNotAllowed.into()
}

/// The answer to a call of an API address that does not exist.
pub async fn no_such_endpoint() -> Problem {
    Code::NoSuchEndpoint.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_words() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_ne!(code.words(Language::En).1, code.words(Language::Fr).1, "{code:?}");
            assert_eq!(Code::named(code.as_str()), Some(*code));
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn every_reason_why_a_photo_fails_has_words() {
        let codes = [
            "empty_file",
            "not_a_photo",
            "unsupported_format",
            "too_many_pixels",
            "truncated",
            "damaged",
            "internal",
            "given_up",
        ];
        for code in codes {
            assert!(Code::named(code).is_some(), "{code}");
        }
    }
}
