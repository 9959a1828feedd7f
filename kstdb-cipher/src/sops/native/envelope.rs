//! One encrypted value: `ENC[AES256_GCM,data:..,iv:..,tag:..,type:..]`.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Bytes of the data key.
pub(super) const DATA_KEY_BYTES: usize = 32;

const IV_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const START: &str = "ENC[AES256_GCM,data:";

/// The type that a value has when it is decrypted. It is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Float,
    Bool,
    Time,
}

/// The parts of an encrypted value.
pub(super) struct Envelope {
    data: Zeroizing<Vec<u8>>,
    iv: [u8; IV_BYTES],
    tag: [u8; TAG_BYTES],
    pub(super) kind: Kind,
}

impl Envelope {
    /// Reads exactly what sops writes: the whole text, an IV of 32 bytes, a tag of 16, some data.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts = text.strip_prefix(START)?.strip_suffix(']')?;
        let (data, rest) = parts.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let kind = match kind {
            "str" => Kind::Text,
            "int" => Kind::Int,
            "float" => Kind::Float,
            "bool" => Kind::Bool,
            "time" => Kind::Time,
            _ => return None,
        };
        let data = Zeroizing::new(STANDARD.decode(data).ok()?);
        let envelope = Self {
            data,
            iv: STANDARD.decode(iv).ok()?.try_into().ok()?,
            tag: STANDARD.decode(tag).ok()?.try_into().ok()?,
            kind,
        };
        (!envelope.data.is_empty()).then_some(envelope)
    }
}

/// Decrypts the values of one file.
pub(super) struct Cipher(AesGcm<Aes256, U32>);

impl Cipher {
    pub(super) fn new(data_key: &[u8; DATA_KEY_BYTES]) -> Self {
        Self(AesGcm::new(data_key.into()))
    }

    /// Decrypts in place; `None` if the value or its context is not what was encrypted.
    pub(super) fn decrypt(&self, envelope: Envelope, context: &str) -> Option<Zeroizing<Vec<u8>>> {
        let Envelope {
            mut data, iv, tag, ..
        } = envelope;
        let (nonce, tag) = (Nonce::from(iv), Tag::from(tag));
        self.0
            .decrypt_in_place_detached(&nonce, context.as_bytes(), &mut data, &tag)
            .ok()?;
        Some(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &str, iv: &str, tag: &str, kind: &str) -> String {
        format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]")
    }

    #[test]
    fn a_value_decrypts_in_its_own_context_only() -> Result<(), &'static str> {
        let cipher = Cipher::new(&[7; DATA_KEY_BYTES]);
        let mut data = b"sesame".to_vec();
        let iv = [9; IV_BYTES];
        let tag = cipher
            .0
            .encrypt_in_place_detached(&Nonce::from(iv), b"a:b:", &mut data)
            .map_err(|_| "not encrypted")?;
        let text = text(
            &STANDARD.encode(&data),
            &STANDARD.encode(iv),
            &STANDARD.encode(tag),
            "str",
        );
        let decrypt = |text: &str, context| {
            let envelope = Envelope::parse(text)?;
            Some(cipher.decrypt(envelope, context)?.to_vec())
        };
        assert_eq!(decrypt(&text, "a:b:").as_deref(), Some(&b"sesame"[..]));
        assert_eq!(decrypt(&text, "a:c:"), None);
        Ok(())
    }

    #[test]
    fn only_the_exact_form_is_read() {
        let (data, iv, tag) = ("AA==", STANDARD.encode([1; 32]), STANDARD.encode([1; 16]));
        let (short_iv, short_tag) = (STANDARD.encode([1; 12]), STANDARD.encode([1; 12]));
        let good = text(data, &iv, &tag, "str");
        assert!(Envelope::parse(&good).is_some());
        for bad in [
            text("", &iv, &tag, "str"),
            text("AA", &iv, &tag, "str"),
            text("A A=", &iv, &tag, "str"),
            text(data, &short_iv, &tag, "str"),
            text(data, &iv, &short_tag, "str"),
            text(data, &iv, &tag, "bytes"),
            text(data, &iv, &tag, "comment"),
            text(data, &iv, &tag, ""),
            format!("{good} "),
            format!(" {good}"),
            good.replace("AES256", "AES128"),
            good.replace(",tag:", ",gat:"),
            String::new(),
        ] {
            assert!(Envelope::parse(&bad).is_none(), "{bad}");
        }
    }
}
