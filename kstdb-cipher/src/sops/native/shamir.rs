//! Puts a data key together from its parts: Shamir's scheme over GF(2^8), byte by byte.

use zeroize::Zeroizing;

use super::envelope::DATA_KEY_BYTES;

/// Bytes of a part: those of the data key, and the point at which they were taken.
pub(super) const PART_BYTES: usize = DATA_KEY_BYTES + 1;

/// Combines parts; `None` if two are of the same point or one is of the point of the secret.
pub(super) fn combine(
    parts: &[Zeroizing<[u8; PART_BYTES]>],
) -> Option<Zeroizing<[u8; DATA_KEY_BYTES]>> {
    let points: Vec<u8> = parts.iter().map(|part| part[DATA_KEY_BYTES]).collect();
    let mut key = Zeroizing::new([0; DATA_KEY_BYTES]);
    for (index, part) in parts.iter().enumerate() {
        // The share of this part at the point zero, by Lagrange; minus is XOR here.
        let mut factor = 1;
        for (other, point) in points.iter().enumerate() {
            if other != index {
                let difference = point ^ points[index];
                if difference == 0 || *point == 0 {
                    return None;
                }
                factor = multiply(factor, multiply(*point, invert(difference)));
            }
        }
        for (byte, share) in key.iter_mut().zip(part.iter()) {
            *byte ^= multiply(factor, *share);
        }
    }
    (parts.len() >= 2).then_some(key)
}

/// Multiplies without a branch or a look-up that depends on the numbers.
fn multiply(a: u8, b: u8) -> u8 {
    let mut product: u8 = 0;
    for bit in (0..8).rev() {
        let carry = (product >> 7).wrapping_neg();
        product = (product << 1) ^ (carry & 0x1b);
        product ^= ((b >> bit) & 1).wrapping_neg() & a;
    }
    product
}

/// The 254th power, which is the inverse of everything but zero.
fn invert(a: u8) -> u8 {
    let mut inverse = 1;
    for _ in 0..254 {
        inverse = multiply(inverse, a);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(secret: &[u8], slopes: &[u8], point: u8) -> Zeroizing<[u8; PART_BYTES]> {
        let mut part = Zeroizing::new([point; PART_BYTES]);
        for ((byte, secret), slope) in part.iter_mut().zip(secret).zip(slopes) {
            *byte = secret ^ multiply(*slope, point);
        }
        part
    }

    #[test]
    fn products_are_those_of_the_field_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        for a in 1..=255 {
            assert_eq!(multiply(a, invert(a)), 1, "{a}");
        }
    }

    proptest! {
        #[test]
        fn any_two_parts_of_a_line_give_the_secret(
            secret in any::<[u8; 32]>(),
            slopes in any::<[u8; 32]>(),
            a in 1_u8..,
            b in 1_u8..,
        ) {
            let key = combine(&[part(&secret, &slopes, a), part(&secret, &slopes, b)]);
            prop_assert_eq!(key.map(|key| *key), (a != b).then_some(secret));
        }
    }

    #[test]
    fn parts_without_a_secret_are_refused() {
        let at = |point| part(&[1; 32], &[2; 32], point);
        assert!(combine(&[]).is_none());
        assert!(combine(&[at(1)]).is_none());
        assert!(combine(&[at(1), at(0)]).is_none());
        assert!(combine(&[at(0), at(1)]).is_none());
    }
}
