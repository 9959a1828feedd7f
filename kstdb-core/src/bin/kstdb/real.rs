//! Floats as text that gives the same float back: as Python writes them, and as SQL.

/// The exponents between which Python writes no exponent.
const PLAIN_EXPONENTS: std::ops::Range<i32> = -4..16;

/// Writes a float as Python's `repr` does: the fewest digits that read back as the same float.
pub(crate) fn repr(value: f64) -> String {
    match scientific(value) {
        Some((mantissa, exponent)) if PLAIN_EXPONENTS.contains(&exponent) => {
            plain(&mantissa, exponent)
        }
        Some((mantissa, exponent)) => format!("{mantissa}e{exponent:+03}"),
        None => value.to_string().to_lowercase(),
    }
}

/// Writes a float as an SQL expression with exactly its value.
///
/// The SQLite that is linked reads short literals exactly and can be one bit off with long ones, so
/// that these become an integer times a power of two, with the digits in a comment.
pub(crate) fn sql(value: f64) -> String {
    /// Up to here the digits and the power of ten are floats, and one rounding is left to make.
    const EXACT_DIGITS: usize = 15;
    const EXACT_EXPONENTS: std::ops::RangeInclusive<i32> = -7..=15;
    match scientific(value) {
        None if value > 0.0 => "9e999".to_owned(),
        None => "-9e999".to_owned(),
        Some((mantissa, exponent)) => {
            if digits(&mantissa).len() <= EXACT_DIGITS && EXACT_EXPONENTS.contains(&exponent) {
                repr(value)
            } else {
                format!("{} /* {} */", product(value), repr(value))
            }
        }
    }
}

/// Mantissa and exponent of the fewest digits; `None` if the float is not finite.
///
/// Where two texts are as short and as near, Rust takes the larger one and Python the even one.
fn scientific(value: f64) -> Option<(String, i32)> {
    let shortest = format!("{value:e}");
    let (mantissa, _) = shortest.split_once('e')?;
    let even = format!("{value:.*e}", digits(mantissa).len() - 1);
    // Below a power of two the floats are denser: what is nearest can be another one.
    let text = if even.parse() == Ok(value) {
        even
    } else {
        shortest
    };
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.to_owned(), exponent.parse().ok()?))
}

fn digits(mantissa: &str) -> String {
    mantissa.chars().filter(char::is_ascii_digit).collect()
}

/// Moves the point of a mantissa to where the exponent has it.
fn plain(mantissa: &str, exponent: i32) -> String {
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits = digits(mantissa);
    let zeros = |count: u32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let Ok(exponent) = usize::try_from(exponent) else {
        return format!("{sign}0.{}{digits}", zeros(exponent.unsigned_abs() - 1));
    };
    let padded = format!("{digits:0<width$}", width = exponent + 2);
    let (whole, fraction) = padded.split_at(exponent + 1);
    format!("{sign}{whole}.{fraction}")
}

/// A finite float as an integer times or divided by powers of two. Each step of it is exact.
fn product(value: f64) -> String {
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    /// The exponent of the last bit of the smallest float.
    const SMALLEST: i64 = -1074;
    /// The largest power of two that SQLite's integers hold.
    const STEP: u64 = 62;
    let bits = value.to_bits();
    let biased = bits >> FRACTION_BITS & 0x7ff;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let integer = if biased == 0 {
        fraction
    } else {
        fraction | 1 << FRACTION_BITS
    };
    let zeros = integer.trailing_zeros();
    let exponent =
        SMALLEST + i64::try_from(biased.saturating_sub(1)).unwrap_or(0) + i64::from(zeros);

    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mut text = format!("{sign}{}*1.0", integer >> zeros);
    let operator = if exponent < 0 { '/' } else { '*' };
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        let step = left.min(STEP);
        text.push(operator);
        text.push_str(&(1_u64 << step).to_string());
        left -= step;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::excessive_precision, reason = "half-way between two texts")]
    fn floats_are_written_as_python_writes_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (120.0, "120.0"),
            (123.456, "123.456"),
            (1e15, "1000000000000000.0"),
            (570_916_640_512_650.25, "570916640512650.2"),
            (-570_916_640_512_650.75, "-570916640512650.8"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e100, "1e+100"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (5e-324, "5e-324"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(repr(value), expected);
        }
    }

    #[test]
    fn sqlite_reads_every_float_back_bit_by_bit() -> rusqlite::Result<()> {
        let sqlite = rusqlite::Connection::open_in_memory()?;
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let edges = [
            0.0,
            -0.0,
            5e-324,
            -f64::MIN_POSITIVE,
            f64::MAX,
            1e15,
            1e-7,
            123_456_789.123_456,
        ];
        let infinities = [f64::INFINITY, f64::NEG_INFINITY];
        let anything = (0..5_000)
            .map(|_| f64::from_bits(random()))
            .collect::<Vec<_>>();
        #[expect(clippy::cast_precision_loss, reason = "any float will do")]
        let short = (0..5_000).map(|n| (random() % 1_000_000_000) as f64 / 10_f64.powi(n % 9));
        for value in edges
            .into_iter()
            .chain(infinities)
            .chain(anything)
            .chain(short)
        {
            if value.is_nan() {
                continue;
            }
            let text = sql(value);
            let read: f64 = sqlite.query_row(&format!("SELECT {text}"), (), |row| row.get(0))?;
            assert_eq!(read.to_bits(), value.to_bits(), "{text}");
        }
        Ok(())
    }
}
