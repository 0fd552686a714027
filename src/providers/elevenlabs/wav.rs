//! WAV files of the one kind that we serve: PCM, one channel, 8000 samples a second of 16 bits.
//!
//! The header is always ours. A provider that streams does not know the length when it writes the header, and puts
//! zero or the largest number there; a player that believes it plays nothing, or waits.

const RATE: u32 = 8_000;
const BYTES_PER_SAMPLE: u16 = 2;
const PCM: u16 = 1;
pub(super) const HEADER: usize = 44;
/// What stands before the length of `fmt `, and after it.
const CHUNK_HEADER: usize = 8;

/// The file of these samples. None: there are none, or more than a file holds.
pub(super) fn file(samples: &[u8]) -> Option<Vec<u8>> {
    // Half a sample at the end is a cut and no sound.
    let samples = &samples[..samples.len() - samples.len() % usize::from(BYTES_PER_SAMPLE)];
    let length = u32::try_from(samples.len()).ok()?;
    let rest = length.checked_add(HEADER as u32 - 8)?;
    if samples.is_empty() {
        return None;
    }
    let mut file = Vec::with_capacity(HEADER + samples.len());
    file.extend(b"RIFF");
    file.extend(rest.to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend(PCM.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * u32::from(BYTES_PER_SAMPLE)).to_le_bytes());
    file.extend(BYTES_PER_SAMPLE.to_le_bytes());
    file.extend((BYTES_PER_SAMPLE * 8).to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    Some(file)
}

/// The samples of a file of this kind; none of any other kind. A length that is longer than the file means its end.
pub(super) fn samples(file: &[u8]) -> Option<&[u8]> {
    let rest = file.strip_prefix(b"RIFF")?.get(4..)?;
    let mut rest = rest.strip_prefix(b"WAVE")?;
    let mut is_ours = false;
    loop {
        let (name, length) = (rest.get(..4)?, rest.get(4..CHUNK_HEADER)?);
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        let body = &rest[CHUNK_HEADER..];
        match name {
            b"fmt " => is_ours = is_telephone(body.get(..16)?),
            b"data" if !is_ours => return None,
            b"data" if length == 0 || length > body.len() => return Some(body),
            b"data" => return Some(&body[..length]),
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(length.checked_add(length % 2)?..)?;
    }
}

fn is_telephone(format: &[u8]) -> bool {
    let number = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let rate = u32::from(number(4)) | u32::from(number(6)) << 16;
    (number(0), number(2), rate, number(14)) == (PCM, 1, RATE, BYTES_PER_SAMPLE * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the published description of the format has it, byte by byte.
    const FOUR_SAMPLES: [u8; 52] = [
        b'R', b'I', b'F', b'F', 44, 0, 0, 0, b'W', b'A', b'V', b'E', // 36 and the samples
        b'f', b'm', b't', b' ', 16, 0, 0, 0, 1, 0, 1, 0, // PCM, one channel
        0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16,
        0, // 8000 a second, 16000 bytes, 2 each, 16 bits
        b'd', b'a', b't', b'a', 8, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0,
    ];

    #[test]
    fn the_header_is_the_one_of_the_format() {
        let samples = [1, 0, 2, 0, 3, 0, 4, 0];
        assert_eq!(file(&samples).unwrap(), FOUR_SAMPLES);
        assert_eq!(super::samples(&FOUR_SAMPLES).unwrap(), samples);
    }

    #[test]
    fn half_a_sample_is_left_out_and_silence_is_no_file() {
        assert_eq!(file(&[1, 0, 2]).unwrap().len(), HEADER + 2);
        assert_eq!(file(&[]), None);
        assert_eq!(file(&[1]), None);
    }

    #[test]
    fn a_header_that_did_not_know_the_length_is_not_believed() {
        for length in [0u32, u32::MAX] {
            let mut streamed = FOUR_SAMPLES;
            streamed[40..44].copy_from_slice(&length.to_le_bytes());
            assert_eq!(samples(&streamed).unwrap(), &FOUR_SAMPLES[44..]);
        }
    }

    #[test]
    fn other_chunks_are_passed_over() {
        let mut file = FOUR_SAMPLES[..36].to_vec();
        file.extend(b"LIST\x03\0\0\0abc\0");
        file.extend(&FOUR_SAMPLES[36..]);
        assert_eq!(samples(&file).unwrap(), &FOUR_SAMPLES[44..]);
    }

    #[test]
    fn what_is_of_another_kind_or_broken_has_no_samples() {
        let mut stereo = FOUR_SAMPLES;
        stereo[22] = 2;
        assert_eq!(samples(&stereo), None);
        let mut fast = FOUR_SAMPLES;
        fast[24..28].copy_from_slice(&44_100u32.to_le_bytes());
        assert_eq!(samples(&fast), None);
        assert_eq!(samples(b"ID3\x04"), None);
        assert_eq!(samples(b"{\"detail\": \"no\"}"), None);
        for cut in 0..HEADER {
            assert_eq!(samples(&FOUR_SAMPLES[..cut]), None, "{cut}");
        }
    }
}
