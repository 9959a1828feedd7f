//! Why a database did not open: the pages are asked, because the error codes of SQLite mislead.

use crate::apply::read_schema;
use crate::inspect::MIN_PAGE_SIZE_BYTES;
use crate::page_io::{self, RawFile};
use crate::stack::on_wiped_stack;
use crate::unlock::Attempt;
use crate::verify::PageVerifier;
use crate::{CipherCompatibility, CipherError, CipherProfile, Damage, DerivedKey};

/// How many pages after the first are asked whether they fit the key.
const WITNESS_PAGES: u32 = 7;

const MOST_LIKELY_FIRST: [CipherCompatibility; 4] = [
    CipherCompatibility::V4,
    CipherCompatibility::V3,
    CipherCompatibility::V2,
    CipherCompatibility::V1,
];

/// Explains why the schema of an opaque file could not be read with the key that was derived.
///
/// Costs the key derivations of the other settings; from [`CipherCompatibility::V4`] those are the
/// cheap ones.
pub(crate) fn explain(
    attempt: &Attempt<'_>,
    derived: &DerivedKey,
) -> Result<CipherError, CipherError> {
    on_wiped_stack(|| ask_the_pages(attempt, derived))
}

fn ask_the_pages(attempt: &Attempt<'_>, derived: &DerivedKey) -> Result<CipherError, CipherError> {
    let connection = page_io::open(&attempt.target)?;
    let file = RawFile::of(&connection)?;
    let path = attempt.path.clone();
    if let Some(damage) = find_damage(&file, derived, attempt.profile)? {
        return Ok(CipherError::Damaged { path, damage });
    }
    let size_bytes = file.size_bytes()?;
    if size_bytes % MIN_PAGE_SIZE_BYTES != 0 {
        return Ok(CipherError::NotADatabase { path, size_bytes });
    }
    if let Some(page_size_bytes) = other_page_size(&file, derived, attempt.profile)? {
        return Ok(CipherError::OtherPageSize {
            path,
            page_size_bytes,
        });
    }
    for found in MOST_LIKELY_FIRST {
        if found.profile() == attempt.profile {
            continue;
        }
        let derived = DerivedKey::derive(attempt.key, attempt.file_salt, found);
        let fits = match PageVerifier::new(&derived, found.profile()) {
            Some(verifier) => page_fits(&file, &verifier, 1)?,
            None => schema_is_readable(attempt, &derived, found),
        };
        if fits {
            return Ok(CipherError::OtherCipherSettings { path, found });
        }
    }
    Ok(CipherError::WrongKey { path })
}

/// Looks for pages that fit the key: if there are some, the key is right and the rest is damage.
fn find_damage(
    file: &RawFile<'_>,
    derived: &DerivedKey,
    profile: CipherProfile,
) -> Result<Option<Damage>, CipherError> {
    let Some(verifier) = PageVerifier::new(derived, profile) else {
        return Ok(None);
    };
    if page_fits(file, &verifier, 1)? {
        return Ok(Some(Damage::LaterPage));
    }
    let page_count = file.size_bytes()? / page_size(&verifier);
    let last_page = u32::try_from(page_count).unwrap_or(u32::MAX);
    for page_number in (2..=last_page.min(1 + WITNESS_PAGES)).chain([last_page]) {
        if page_number > 1 && page_fits(file, &verifier, page_number)? {
            return Ok(Some(Damage::FirstPage));
        }
    }
    Ok(None)
}

/// Tries the first page with every other size that a page can have. The key does not depend on it.
fn other_page_size(
    file: &RawFile<'_>,
    derived: &DerivedKey,
    mut profile: CipherProfile,
) -> Result<Option<usize>, CipherError> {
    let usual = profile.page_size_bytes;
    for size in (9..=16)
        .map(|power| 1 << power)
        .filter(|size| *size != usual)
    {
        profile.page_size_bytes = size;
        match PageVerifier::new(derived, profile) {
            Some(verifier) if page_fits(file, &verifier, 1)? => return Ok(Some(size)),
            _ => {}
        }
    }
    Ok(None)
}

fn page_fits(
    file: &RawFile<'_>,
    verifier: &PageVerifier,
    page_number: u32,
) -> Result<bool, CipherError> {
    let mut page = vec![0; verifier.page_size_bytes()];
    let offset = u64::from(page_number - 1) * page_size(verifier);
    Ok(file.read_at(&mut page, offset)? && verifier.page_is_authentic(&page, page_number))
}

fn page_size(verifier: &PageVerifier) -> u64 {
    verifier.page_size_bytes() as u64
}

/// Tries settings whose pages have no HMAC: only decrypting shows whether the key fits.
fn schema_is_readable(
    attempt: &Attempt<'_>,
    derived: &DerivedKey,
    compatibility: CipherCompatibility,
) -> bool {
    attempt
        .open_keyed(derived, compatibility.profile())
        .is_ok_and(|connection| read_schema(&connection).is_ok())
}
