//! libheif, loaded at run time: the only file that calls it. Versions 1.13 and later have everything that is called.
#![expect(unsafe_code, reason = "libheif has a C interface")]

use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{NonNull, null, null_mut};
use std::sync::OnceLock;

use libloading::Library;

use super::Codec;
use crate::picture::{Picture, rgb_len};

/// Why libheif does not give a picture: what it says, for the log.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

/// `struct heif_error`. The message is text that libheif owns: static, or alive as long as the context.
#[repr(C)]
struct CError {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// The beginning of `struct heif_decoding_options`, up to the last field that is set here. libheif makes and frees the
/// whole; its layout only ever grows at the end.
#[repr(C)]
struct COptions {
    version: u8,
    ignore_transformations: u8,
    progress: [Option<unsafe extern "C" fn()>; 3],
    progress_user_data: *mut c_void,
    convert_hdr_to_8bit: u8,
}

/// `heif_colorspace_RGB`.
const COLORSPACE_RGB: c_int = 1;
/// `heif_chroma_interleaved_RGB` and `heif_chroma_interleaved_RGBA`.
const CHROMA_RGB: c_int = 10;
const CHROMA_RGBA: c_int = 11;
/// `heif_channel_interleaved`.
const CHANNEL_INTERLEAVED: c_int = 10;

/// What the library is called: with its interface's version, which has been 1 since 2018, and without.
#[cfg(target_os = "macos")]
const NAMES: &[&str] = &[
    "libheif.1.dylib",
    "/opt/homebrew/lib/libheif.1.dylib",
    "/usr/local/lib/libheif.1.dylib",
    "libheif.dylib",
];
#[cfg(windows)]
const NAMES: &[&str] = &["heif.dll", "libheif.dll", "libheif-1.dll"];
#[cfg(not(any(target_os = "macos", windows)))]
const NAMES: &[&str] = &["libheif.so.1", "libheif.so"];

/// An opaque C object.
type Object = *mut c_void;

macro_rules! functions {
    ($($field:ident: $symbol:literal fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// libheif's functions, with the signatures of `libheif/heif.h`.
        pub(super) struct Heif {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// Keeps the code loaded that the pointers point to.
            _library: Library,
        }

        impl Heif {
            fn of(library: Library) -> Result<Self, libloading::Error> {
                // SAFETY: the signatures are those that `libheif/heif.h` has had since version 1.13; libheif keeps its
                // interface compatible under the name that was loaded. The pointers live as long as `_library`, which
                // lies in the same struct and is never unloaded.
                unsafe {
                    Ok(Self {
                        $($field: *library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol)?,)*
                        _library: library,
                    })
                }
            }
        }
    };
}

functions! {
    init: "heif_init" fn(*mut c_void) -> CError;
    have_decoder: "heif_have_decoder_for_format" fn(c_int) -> c_int;
    context_alloc: "heif_context_alloc" fn() -> Object;
    context_free: "heif_context_free" fn(Object);
    context_set_threads: "heif_context_set_max_decoding_threads" fn(Object, c_int);
    context_read: "heif_context_read_from_memory_without_copy" fn(Object, *const c_void, usize, *const c_void) -> CError;
    context_primary: "heif_context_get_primary_image_handle" fn(Object, *mut Object) -> CError;
    handle_release: "heif_image_handle_release" fn(Object);
    handle_width: "heif_image_handle_get_width" fn(Object) -> c_int;
    handle_height: "heif_image_handle_get_height" fn(Object) -> c_int;
    handle_has_alpha: "heif_image_handle_has_alpha_channel" fn(Object) -> c_int;
    options_alloc: "heif_decoding_options_alloc" fn() -> *mut COptions;
    options_free: "heif_decoding_options_free" fn(*mut COptions);
    decode: "heif_decode_image" fn(Object, *mut Object, c_int, c_int, *const COptions) -> CError;
    image_release: "heif_image_release" fn(Object);
    image_width: "heif_image_get_width" fn(Object, c_int) -> c_int;
    image_height: "heif_image_get_height" fn(Object, c_int) -> c_int;
    image_bits: "heif_image_get_bits_per_pixel" fn(Object, c_int) -> c_int;
    image_plane: "heif_image_get_plane_readonly" fn(Object, c_int, *mut c_int) -> *const u8;
}

impl Heif {
    /// libheif, loaded at the first call in this process. Whoever installs it later starts the process again.
    pub(super) fn loaded() -> Result<&'static Self, &'static Refusal> {
        static LOADED: OnceLock<Result<Heif, Refusal>> = OnceLock::new();
        LOADED.get_or_init(|| Self::load(NAMES)).as_ref()
    }

    /// Loads the first of `names` that is there.
    pub(super) fn load(names: &[&str]) -> Result<Self, Refusal> {
        let mut refusals = Vec::new();
        for name in names {
            // SAFETY: loading runs the initialisers of libheif and of the codecs that it is linked with, which only
            // fill tables of their own. The name is a fixed one that the system's loader looks up; no input has a part in it.
            match unsafe { Library::new(*name) }.and_then(Self::of) {
                Ok(heif) => return heif.initialised(),
                // What the loader said stands behind libloading's own words.
                Err(error) => {
                    refusals.push(error.source().map_or_else(|| error.to_string(), ToString::to_string));
                }
            }
        }
        Err(Refusal(refusals.join("; ")))
    }

    /// Loads codecs that are plugins. Once for the process: it is never undone.
    fn initialised(self) -> Result<Self, Refusal> {
        // SAFETY: a null pointer asks for the defaults.
        let outcome = unsafe { (self.init)(null_mut()) };
        Self::passed(&outcome).map(|()| self)
    }

    /// Whether there is a decoder for this codec.
    pub(super) fn decodes(&self, codec: Codec) -> bool {
        let format = match codec {
            Codec::Hevc => 1,
            Codec::Av1 => 4,
        };
        // SAFETY: takes a number.
        unsafe { (self.have_decoder)(format) != 0 }
    }

    /// Reads a file's boxes and finds its photo. No pixel is decoded.
    pub(super) fn open<'a>(&'a self, bytes: &'a [u8]) -> Result<Photo<'a>, Refusal> {
        // SAFETY: no arguments; null is looked for.
        let context = NonNull::new(unsafe { (self.context_alloc)() });
        let context = context.ok_or_else(|| Refusal("no memory for a context".to_owned()))?;
        let mut photo = Photo { heif: self, context, handle: null_mut(), of: PhantomData };
        // SAFETY: the context is alive until `photo` is dropped, and `bytes`, which libheif does not copy, is borrowed
        // for as long; zero threads mean that it decodes on this one; `handle` is written only when it succeeds.
        unsafe {
            (self.context_set_threads)(context.as_ptr(), 0);
            let read = (self.context_read)(context.as_ptr(), bytes.as_ptr().cast(), bytes.len(), null());
            Self::passed(&read)?;
            Self::passed(&(self.context_primary)(context.as_ptr(), &raw mut photo.handle))?;
        }
        Ok(photo)
    }

    fn passed(outcome: &CError) -> Result<(), Refusal> {
        if outcome.code == 0 {
            return Ok(());
        }
        let said = if outcome.message.is_null() {
            "no reason given".into()
        } else {
            // SAFETY: libheif's messages end with a zero, and the call that gave this one has just returned: neither it
            // nor the context has been freed.
            unsafe { CStr::from_ptr(outcome.message) }.to_string_lossy()
        };
        Err(Refusal(format!("libheif: {said} ({}.{})", outcome.code, outcome.subcode)))
    }
}

/// The photo of an open file. Frees what libheif holds for it.
pub(super) struct Photo<'a> {
    heif: &'a Heif,
    context: NonNull<c_void>,
    handle: Object,
    /// libheif reads from the file's bytes while it decodes.
    of: PhantomData<&'a [u8]>,
}

impl Photo<'_> {
    /// Width and height as a person sees it: after turning and cropping.
    pub(super) fn size(&self) -> (u32, u32) {
        // SAFETY: `open` gives a photo only with a handle.
        let (width, height) =
            unsafe { ((self.heif.handle_width)(self.handle), (self.heif.handle_height)(self.handle)) };
        (side(width), side(height))
    }

    /// Decodes, turns and crops. The pixels have three channels, or four where the photo has transparency.
    pub(super) fn decode(&self) -> Result<Pixels, Refusal> {
        // SAFETY: the handle is alive.
        let has_alpha = unsafe { (self.heif.handle_has_alpha)(self.handle) } != 0;
        let (chroma, channels) = if has_alpha { (CHROMA_RGBA, 4) } else { (CHROMA_RGB, 3) };
        let mut image = Image { heif: self.heif, image: null_mut() };
        // SAFETY: the options come from libheif and are freed once; `convert_hdr_to_8bit` is set only where this
        // version has it. `image` is written only when decoding succeeds.
        let outcome = unsafe {
            let options = (self.heif.options_alloc)();
            if let Some(options) = options.as_mut().filter(|options| options.version >= 2) {
                options.convert_hdr_to_8bit = 1;
            }
            let image = &raw mut image.image;
            let outcome = (self.heif.decode)(self.handle, image, COLORSPACE_RGB, chroma, options);
            (self.heif.options_free)(options);
            outcome
        };
        Heif::passed(&outcome)?;
        image.copy(channels)
    }
}

impl Drop for Photo<'_> {
    fn drop(&mut self) {
        // SAFETY: both come from libheif, are freed here only, and the handle before its context.
        unsafe {
            if !self.handle.is_null() {
                (self.heif.handle_release)(self.handle);
            }
            (self.heif.context_free)(self.context.as_ptr());
        }
    }
}

/// Decoded pixels without gaps between their rows.
pub(super) enum Pixels {
    /// Red, green, blue.
    Rgb(Picture),
    /// Red, green, blue, opacity; and width and height.
    Rgba(Vec<u8>, u32, u32),
}

/// A decoded picture that libheif owns.
struct Image<'a> {
    heif: &'a Heif,
    image: Object,
}

impl Image<'_> {
    fn copy(&self, channels: usize) -> Result<Pixels, Refusal> {
        let mut stride: c_int = 0;
        // SAFETY: decoding has succeeded, so there is an image; `stride` outlives the call.
        let (width, height, bits, plane) = unsafe {
            (
                side((self.heif.image_width)(self.image, CHANNEL_INTERLEAVED)),
                side((self.heif.image_height)(self.image, CHANNEL_INTERLEAVED)),
                (self.heif.image_bits)(self.image, CHANNEL_INTERLEAVED),
                (self.heif.image_plane)(self.image, CHANNEL_INTERLEAVED, &raw mut stride),
            )
        };
        let (row, stride) = (width as usize * channels, usize::try_from(stride).unwrap_or(0));
        let is_as_asked = usize::try_from(bits).is_ok_and(|bits| bits == channels * 8) && stride >= row;
        if plane.is_null() || !is_as_asked || width == 0 || height == 0 {
            return Err(Refusal(format!("libheif gave {width} × {height} pixels of {bits} bits")));
        }
        // SAFETY: a plane has `height` rows of `stride` bytes, of which the last may end with its pixels.
        let rows = unsafe { std::slice::from_raw_parts(plane, (height as usize - 1) * stride + row) };
        let mut pixels = Vec::with_capacity(rgb_len(width, height) / 3 * channels);
        rows.chunks(stride).for_each(|line| pixels.extend_from_slice(&line[..row]));
        Ok(match channels {
            4 => Pixels::Rgba(pixels, width, height),
            _ => Pixels::Rgb(Picture { width, height, rgb: pixels }),
        })
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        if !self.image.is_null() {
            // SAFETY: it comes from libheif and is freed here only.
            unsafe { (self.heif.image_release)(self.image) }
        }
    }
}

fn side(pixels: c_int) -> u32 {
    u32::try_from(pixels).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_refused_by_name() {
        let refusal = Heif::load(&["libheif-that-is-not-here.so.1"]).err().unwrap();
        assert!(refusal.0.contains("libheif-that-is-not-here"), "{refusal:?}");
    }
}
