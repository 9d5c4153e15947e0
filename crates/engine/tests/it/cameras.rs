//! Files as cameras write them, made of one photo: each says, beside the picture, where and by which camera it was taken.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, Transform, TransformOp};

use crate::support::shared;
use crate::writers::{BIG, LITTLE, Value, boxed, png_chunk, riff_chunk, segment, tiff, with_segments};

/// The serial numbers that no delivered file may hold.
pub(crate) const BODY_SERIAL: &str = "BODY4711-0815";
pub(crate) const LENS_SERIAL: &str = "LENS1234-5678";
pub(crate) const INNER_SERIAL: &str = "INNER98-76543";
pub(crate) const OWNER: &str = "Ann Owner-Smith";
/// A latitude no other bytes look like, in degrees, minutes and hundredths of seconds.
pub(crate) const LATITUDE: [(u32, u32); 3] = [(48, 1), (51, 1), (0x0029_57A1, 0x0001_86A3)];
/// The second of the hundredths in the byte orders that files use.
pub(crate) const LATITUDE_BYTES: [[u8; 4]; 2] =
    [0x0029_57A1_u32.to_le_bytes(), 0x0029_57A1_u32.to_be_bytes()];
/// XMP with a place in it.
pub(crate) const XMP: &[u8] =
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><exif:GPSLatitude>48,51.02N</exif:GPSLatitude></x:xmpmeta>";

/// A group of nine, cut to whole blocks of 16 pixels, which turn without loss.
pub(crate) fn group() -> Vec<u8> {
    let file = shared("photos/public-event/photos").join("DSC_0189.jpg");
    let mut image = turbojpeg::decompress(&std::fs::read(file).unwrap(), PixelFormat::RGB).unwrap();
    (image.width, image.height) = (image.width / 16 * 16, image.height / 16 * 16);
    turbojpeg::compress(image.as_deref(), 95, Subsamp::Sub2x2).unwrap().to_vec()
}

/// `jpeg` with its pixels turned, without loss, and without metadata.
pub(crate) fn turned(jpeg: &[u8], op: TransformOp) -> Vec<u8> {
    let mut transform = Transform::op(op);
    transform.copy_none = true;
    turbojpeg::transform(&transform, jpeg).unwrap().to_vec()
}

/// What a camera held upright stores: the group lies on its side.
pub(crate) fn preview() -> Vec<u8> {
    turned(&group(), TransformOp::Rot270)
}

/// A JPEG with nothing in it to be found.
pub(crate) fn flat(width: usize, height: usize) -> Vec<u8> {
    let pixels = vec![120; width * height * 3];
    let image =
        Image { pixels: pixels.as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut compressor = Compressor::new().unwrap();
    compressor.compress_to_vec(image).unwrap()
}

/// A lossless JPEG, as Canon and Adobe code the data of sensors: the header says 6000 × 4000 pixels of 14 bits.
pub(crate) fn lossless() -> Vec<u8> {
    let frame = segment(0xC3, &[14, 0x0F, 0xA0, 0x17, 0x70, 2, 1, 0x11, 0, 2, 0x11, 0]);
    let scan = segment(0xDA, &[2, 1, 0, 2, 0, 1, 0, 0]);
    [&b"\xFF\xD8"[..], &frame, &scan, &[0x5A; 5000], b"\xFF\xD9"].concat()
}

fn gps() -> Value {
    Value::Directory(vec![
        (0x0001, Value::Text("N")),
        (0x0002, Value::Rationals(LATITUDE.to_vec())),
        (0x0003, Value::Text("E")),
        (0x0004, Value::Rationals(LATITUDE.to_vec())),
    ])
}

/// The entries of the first directory of all these files. They say that the camera was held upright.
fn main_entries(maker: &'static str, model: &'static str, note: Vec<u8>) -> Vec<(u16, Value)> {
    vec![
        (0x010F, Value::Text(maker)),
        (0x0110, Value::Text(model)),
        (0x0112, Value::Short(6)),
        (0x02BC, Value::Bytes(XMP.to_vec())),
        (0x8769, Value::Directory(exif_entries(note))),
        (0x8825, gps()),
    ]
}

fn exif_entries(note: Vec<u8>) -> Vec<(u16, Value)> {
    vec![
        (0x829A, Value::Rationals(vec![(1, 250)])),
        (0x9003, Value::Text("2025:06:14 12:00:00")),
        (0x927C, Value::Bytes(note)),
        (0xA420, Value::Text("00112233445566778899AABBCCDDEEFF")),
        (0xA430, Value::Text(OWNER)),
        (0xA431, Value::Text(BODY_SERIAL)),
        (0xA434, Value::Text("50mm F1.8")),
        (0xA435, Value::Text(LENS_SERIAL)),
    ]
}

/// The directories of a RAW file: the main one with the preview, below it one with a thumbnail and a table of the maker's
/// in which the serial number stands again, behind it one with the sensor's data.
fn with_pictures(mut main: Vec<(u16, Value)>) -> Vec<Vec<(u16, Value)>> {
    let length = |bytes: &[u8]| Value::Longs(vec![u32::try_from(bytes.len()).unwrap()]);
    let (preview, thumbnail, sensor) = (preview(), flat(160, 120), lossless());
    let table = [b"table ", BODY_SERIAL.as_bytes(), b" end of table"].concat();
    let below =
        vec![(0x0202, length(&thumbnail)), (0x0201, Value::Blob(thumbnail)), (0xC5D9, Value::Bytes(table))];
    main.push((0x014A, Value::Directory(below)));
    main.push((0x0117, length(&preview)));
    main.push((0x0111, Value::Blob(preview)));
    vec![main, vec![(0x0117, length(&sensor)), (0x0111, Value::Blob(sensor))]]
}

/// A structure whose notes have offsets of their own.
fn own_note(mark: &[u8], entries: Vec<(u16, Value)>) -> Vec<u8> {
    [mark, &tiff(LITTLE, vec![entries])].concat()
}

/// Olympus' notes: offsets count from the start of the mark, which has the length of a TIFF header and a half.
fn olympus_note() -> Vec<u8> {
    let equipment =
        Value::Directory(vec![(0x0101, Value::Text(INNER_SERIAL)), (0x0201, Value::Text("lens"))]);
    let mut note = tiff(b"II*\0\0\0\0\0\0\0\0\0", vec![vec![(0x2010, equipment)]]);
    note[..12].copy_from_slice(b"OLYMPUS\0II\x03\0");
    note
}

/// Fujifilm's notes: as Olympus', with the directory's place behind the mark.
fn fujifilm_note() -> Vec<u8> {
    let entries = vec![(0x0010, Value::Text(INNER_SERIAL)), (0x1000, Value::Text("FINE   "))];
    let mut note = tiff(b"II*\0\0\0\0\0\0\0\0\0", vec![entries]);
    note[..12].copy_from_slice(b"FUJIFILM\x0C\0\0\0");
    note
}

/// Every RAW format, by its extension.
pub(crate) fn raw_files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "cr2",
            tiff(
                b"II*\0\0\0\0\0CR\x02\0\0\0\0\0",
                with_pictures(main_entries("Canon", "Canon EOS 5D", vec![0; 40])),
            ),
        ),
        ("cr3", cr3()),
        ("nef", nef()),
        ("arw", tiff(LITTLE, with_pictures(main_entries("SONY", "ILCE-7M3", vec![7; 40])))),
        ("dng", dng()),
        ("raf", raf()),
        ("orf", tiff(b"IIRO\0\0\0\0", with_pictures(main_entries("OLYMPUS", "E-M1", olympus_note())))),
        ("rw2", rw2()),
    ]
}

fn nef() -> Vec<u8> {
    let note = own_note(
        b"Nikon\0\x02\x11\0\0",
        vec![
            (0x001D, Value::Text("6013579")),
            (0x00A0, Value::Text(INNER_SERIAL)),
            (0x00A7, Value::Longs(vec![4242])),
        ],
    );
    tiff(BIG, with_pictures(main_entries("NIKON CORPORATION", "NIKON D750", note)))
}

fn dng() -> Vec<u8> {
    let mut entries = main_entries("Apple", "iPhone 16", INNER_SERIAL.as_bytes().to_vec());
    entries.push((0xC612, Value::Bytes(vec![1, 4, 0, 0])));
    entries.push((0xC62F, Value::Text(INNER_SERIAL)));
    tiff(LITTLE, with_pictures(entries))
}

fn rw2() -> Vec<u8> {
    let mut entries = main_entries("Panasonic", "DC-GH5", vec![3; 40]);
    entries.push((0x002E, Value::Bytes(preview())));
    tiff(b"IIU\0\0\0\0\0", vec![entries])
}

/// A file that begins with Fujifilm's header; its EXIF is the preview's.
fn raf() -> Vec<u8> {
    let exif = tiff(LITTLE, vec![main_entries("FUJIFILM", "X-T5", fujifilm_note())]);
    let jpeg = with_segments(&preview(), &[segment(0xE1, &[b"Exif\0\0", &exif[..]].concat())]);
    let mut file = b"FUJIFILMCCD-RAW 0201FF383501X-T5".to_vec();
    file.resize(84, 0);
    file.extend(148_u32.to_be_bytes());
    file.extend(u32::try_from(jpeg.len()).unwrap().to_be_bytes());
    file.resize(148, 0);
    [file, jpeg, lossless(), vec![0x33; 3000]].concat()
}

/// Boxes, of which one holds a TIFF structure for each directory, and behind one of these what was in the camera's memory:
/// the beginning of old notes, which seem to go on in the next box. The preview lies beside the sensor's data, and with it
/// a copy of a directory, behind its length and a tag.
fn cr3() -> Vec<u8> {
    let block = |entries| tiff(LITTLE, vec![entries]);
    let first = vec![
        (0x010F, Value::Text("Canon")),
        (0x0110, Value::Text("Canon EOS R5")),
        (0x0112, Value::Short(6)),
    ];
    let notes = || vec![(0x0006, Value::Text("image type")), (0x0096, Value::Text(INNER_SERIAL))];
    let mut stale = block(notes())[..34].to_vec();
    stale[8] = 50;
    let copy = block(notes());
    let copy_length = u32::try_from(copy.len() + 8).unwrap().to_le_bytes();
    let Value::Directory(place) = gps() else { unreachable!("a directory is what gps() makes") };
    let exif: Vec<_> = exif_entries(Vec::new()).into_iter().filter(|(tag, _)| *tag != 0x927C).collect();
    let inner = [
        &b"\x85\xC0\xB6\x87\x82\x0F\x11\xE0\x81\x11\xF4\xCE\x46\x2B\x6A\x48"[..],
        &boxed(b"CMT1", &block(first)),
        &boxed(b"CMT2", &[block(exif), stale].concat()),
        &boxed(b"CMT3", &block(notes())),
        &boxed(b"CMT4", &block(place)),
    ];
    let xmp = [b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC", XMP].concat();
    let data =
        [&[0x44; 999][..], &flat(160, 120), &preview(), &lossless(), &copy_length, b"\x7C\x92\0\0", &copy]
            .concat();
    [
        boxed(b"ftyp", b"crx \0\0\0\x01crx isom"),
        boxed(b"moov", &boxed(b"uuid", &inner.concat())),
        boxed(b"uuid", &xmp),
        boxed(b"mdat", &data),
    ]
    .concat()
}

/// The EXIF block of a phone's or camera's photo, with a thumbnail that has EXIF of its own.
pub(crate) fn exif_block() -> Vec<u8> {
    let small = tiff(LITTLE, vec![vec![(0x8825, gps())]]);
    let thumbnail = with_segments(&flat(160, 120), &[segment(0xE1, &[b"Exif\0\0", &small[..]].concat())]);
    let length = u32::try_from(thumbnail.len()).unwrap();
    let second = vec![(0x0201, Value::Blob(thumbnail)), (0x0202, Value::Longs(vec![length]))];
    tiff(BIG, vec![main_entries("Apple", "iPhone 16", INNER_SERIAL.as_bytes().to_vec()), second])
}

/// `png` with EXIF, XMP, and the same in the forms that ImageMagick and compressing writers use.
pub(crate) fn png(png: &[u8]) -> Vec<u8> {
    const SIGNATURE_AND_HEADER: usize = 33;
    let profile = [b"Raw profile type exif\0", INNER_SERIAL.as_bytes()].concat();
    let packed = [b"Raw profile type xmp\0\0", BODY_SERIAL.as_bytes()].concat();
    let chunks = [
        png_chunk(b"eXIf", &exif_block()),
        png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", XMP].concat()),
        png_chunk(b"tEXt", &profile),
        png_chunk(b"zTXt", &packed),
        png_chunk(b"tEXt", b"Comment\0stays"),
    ];
    [&png[..SIGNATURE_AND_HEADER], &chunks.concat(), &png[SIGNATURE_AND_HEADER..]].concat()
}

/// The picture of a simple WebP file in an extended one, with EXIF and XMP.
pub(crate) fn webp(webp: &[u8], width: u32, height: u32) -> Vec<u8> {
    const HEADER: usize = 12;
    let side = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    // Flags: EXIF, XMP.
    let extended = [&[0x08 | 0x04, 0, 0, 0][..], &side(width), &side(height)].concat();
    let chunks = [
        riff_chunk(b"VP8X", &extended),
        webp[HEADER..].to_vec(),
        riff_chunk(b"EXIF", &exif_block()),
        riff_chunk(b"XMP ", XMP),
    ];
    riff_chunk(b"RIFF", &[b"WEBP", &chunks.concat()[..]].concat())
}

/// A photo with all that JPEG files carry: EXIF with a thumbnail, XMP in two forms, IPTC, a maker's segment, a second
/// picture and a film behind it.
pub(crate) fn jpeg(jpeg: &[u8]) -> Vec<u8> {
    let exif = segment(0xE1, &[&b"Exif\0\0"[..], &exif_block()].concat());
    let more = [&b"http://ns.adobe.com/xmp/extension/\0"[..], &[b'A'; 40], XMP].concat();
    let iptc = [&b"\x1C\x02\x5A\0\x0DBODY4711-0815"[..], b"\x1C\x02\x78\0\x07caption"].concat();
    let length = u32::try_from(iptc.len()).unwrap().to_be_bytes();
    let resources = [&b"Photoshop 3.0\x008BIM\x04\x04\0\0"[..], &length, &iptc].concat();
    let segments = [
        exif.clone(),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP].concat()),
        segment(0xE1, &more),
        segment(0xE6, &[b"GoPro\0", INNER_SERIAL.as_bytes()].concat()),
        segment(0xED, &resources),
    ];
    let film = boxed(b"udta", &boxed(b"\xA9xyz", b"\0\x12\x15\xC7+48.8577+002.2950/"));
    [with_segments(jpeg, &segments), with_segments(&flat(320, 240), &[exif]), film].concat()
}
