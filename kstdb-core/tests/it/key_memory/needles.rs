//! What a key looks like in memory, in all the forms that somebody could open the file with.

use std::io;
use std::num::NonZeroU32;

use ring::pbkdf2;
use sha2::digest::generic_array::GenericArray;

/// Iterations of SQLCipher 4, and of the key of its HMAC.
const KDF_ROUNDS: u32 = 256_000;
const HMAC_ROUNDS: u32 = 2;

/// The initial state of SHA-512 (FIPS 180-4, 5.3.5).
const SHA512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Something to search for, and what it is.
pub(super) struct Needle {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Everything that opens or forges pages of the file that starts with `salt`.
pub(super) fn of(passphrase: &[u8], salt: &[u8; 16]) -> Vec<Needle> {
    let derived = pbkdf2_sha512(passphrase, salt, KDF_ROUNDS);
    let hmac_key = pbkdf2_sha512(&derived, &salt.map(|byte| byte ^ 0x3a), HMAC_ROUNDS);
    let mut needles = vec![
        needle("the derived key in hexadecimal", hex(&derived)),
        // The schedule of AES-256 starts with the key; that for decrypting ends with its first half.
        needle("the derived key, first half", derived[..16].to_vec()),
        needle("the derived key, second half", derived[16..].to_vec()),
    ];
    for (name, key) in [
        ("the passphrase", passphrase),
        ("the derived key", &derived),
        ("the HMAC key", &hmac_key),
    ] {
        needles.push(needle(name, key.to_vec()));
        for (pad_name, pad) in [("inner", 0x36), ("outer", 0x5c)] {
            let masked: Vec<_> = key.iter().map(|byte| byte ^ pad).collect();
            needles.push(needle(&format!("{name}, {pad_name} pad"), masked));
            needles.push(needle(
                &format!("{name}, {pad_name} state"),
                state(key, pad),
            ));
        }
    }
    needles
}

fn needle(name: &str, bytes: Vec<u8>) -> Needle {
    Needle {
        name: name.to_owned(),
        bytes,
    }
}

fn pbkdf2_sha512(secret: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let mut out = [0; 32];
    let rounds = NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, salt, secret, &mut out);
    out
}

/// The state of SHA-512 after the padded key of an HMAC: as good as the key.
fn state(key: &[u8], pad: u8) -> Vec<u8> {
    let mut block = [pad; 128];
    for (place, byte) in block.iter_mut().zip(key) {
        *place ^= byte;
    }
    let mut state = SHA512;
    sha2::compress512(&mut state, &[GenericArray::clone_from_slice(&block)]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

pub(super) fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}

/// Hides a byte of a needle from the search; twice, it is what it was.
pub(super) fn mask(index: usize, byte: u8) -> u8 {
    let index = u8::try_from(index % 251).unwrap_or_default();
    byte ^ 0x91 ^ index.wrapping_mul(7)
}

/// Writes needles, each masked, for a process that must not hold them.
pub(super) fn write(needles: &[Needle]) -> Vec<u8> {
    let mut file = Vec::new();
    for needle in needles {
        let masked = needle.bytes.iter().enumerate();
        let masked: Vec<_> = masked.map(|(index, byte)| mask(index, *byte)).collect();
        let masked = String::from_utf8_lossy(&hex(&masked)).into_owned();
        file.extend_from_slice(format!("{}={masked}\n", needle.name).as_bytes());
    }
    file
}

/// Reads needles that stay masked.
pub(super) fn read(text: &str) -> io::Result<Vec<Needle>> {
    text.lines()
        .map(|line| {
            let (name, digits) = line.split_once('=').unwrap_or_default();
            let bytes: Result<Vec<_>, _> = (0..digits.len() / 2)
                .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16))
                .collect();
            Ok(needle(name, bytes.map_err(io::Error::other)?))
        })
        .collect()
}
