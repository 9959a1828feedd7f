//! What the layers set, laid over each other, and the settings that come out.
//!
//! Values are typed before they are merged, and each carries its layer. The merge of the `config`
//! crate would keep a passphrase as plain text, let a `null` erase a value, and know a layer only
//! as text.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::limits;
use crate::model::{CipherConfig, DbConfig, KeySourceKind, PoolConfig, RetryConfig};
use crate::provenance::{Clamp, Layer, Limit, SettingReport};

/// What is shown in place of a secret.
const REDACTED: &str = "[redacted]";

/// A value and the layer that set it.
#[derive(Clone)]
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) layer: Layer,
}

/// The settings of some layers: what none of them set is `None`.
#[derive(Default)]
pub(crate) struct Partial {
    pub(crate) min_size: Option<Given<i64>>,
    pub(crate) max_size: Option<Given<i64>>,
    pub(crate) acquire_timeout: Option<Given<f64>>,
    pub(crate) max_attempts: Option<Given<i64>>,
    pub(crate) delay: Option<Given<f64>>,
    pub(crate) enabled: Option<Given<bool>>,
    pub(crate) key_source: Option<Given<KeySourceKind>>,
    pub(crate) key_env: Option<Given<String>>,
    pub(crate) sops_path: Option<Given<PathBuf>>,
    pub(crate) sops_key: Option<Given<String>>,
    pub(crate) sops_identity: Option<Given<PathBuf>>,
    pub(crate) key_file: Option<Given<PathBuf>>,
    pub(crate) credential: Option<Given<String>>,
    pub(crate) keyring_service: Option<Given<String>>,
    pub(crate) keyring_user: Option<Given<String>>,
    pub(crate) passphrase: Option<Given<SecretString>>,
}

impl Partial {
    /// Lays higher settings over these: each one that is set there wins.
    pub(crate) fn overlay(&mut self, higher: &Self) {
        let Self {
            min_size,
            max_size,
            acquire_timeout,
            max_attempts,
            delay,
            enabled,
            key_source,
            key_env,
            sops_path,
            sops_key,
            sops_identity,
            key_file,
            credential,
            keyring_service,
            keyring_user,
            passphrase,
        } = higher;
        replace(&mut self.min_size, min_size);
        replace(&mut self.max_size, max_size);
        replace(&mut self.acquire_timeout, acquire_timeout);
        replace(&mut self.max_attempts, max_attempts);
        replace(&mut self.delay, delay);
        replace(&mut self.enabled, enabled);
        replace(&mut self.key_source, key_source);
        replace(&mut self.key_env, key_env);
        replace(&mut self.sops_path, sops_path);
        replace(&mut self.sops_key, sops_key);
        replace(&mut self.sops_identity, sops_identity);
        replace(&mut self.key_file, key_file);
        replace(&mut self.credential, credential);
        replace(&mut self.keyring_service, keyring_service);
        replace(&mut self.keyring_user, keyring_user);
        replace(&mut self.passphrase, passphrase);
    }

    /// Fills in the defaults, clamps what lies outside its limits, and says what came from where.
    ///
    /// Only the value that won is clamped and warned about: what a higher layer hides has no say.
    pub(crate) fn resolve(self) -> DbConfig {
        let (pool, retry, cipher) = (
            PoolConfig::default(),
            RetryConfig::default(),
            CipherConfig::default(),
        );
        let mut reports = Reports(Vec::with_capacity(crate::schema::KEYS.len()));

        // `min_size` is reported first and depends on `max_size`: that one is clamped beforehand.
        let highest = match &self.max_size {
            Some(given) => limits::clamp_count(given.value, &limits::MAX_SIZE).0,
            None => pool.max_size,
        };
        let pool = PoolConfig {
            min_size: reports.min_size(self.min_size, pool.min_size, highest),
            max_size: reports.count(
                "db.pool.max_size",
                self.max_size,
                pool.max_size,
                &limits::MAX_SIZE,
            ),
            acquire_timeout: reports.seconds(
                "db.pool.acquire_timeout",
                self.acquire_timeout,
                pool.acquire_timeout,
                &limits::ACQUIRE_TIMEOUT,
            ),
        };
        let retry = RetryConfig {
            max_attempts: reports.count(
                "db.retry.max_attempts",
                self.max_attempts,
                retry.max_attempts,
                &limits::MAX_ATTEMPTS,
            ),
            delay: reports.seconds("db.retry.delay", self.delay, retry.delay, &limits::DELAY),
        };
        let cipher = CipherConfig {
            enabled: reports.plain("db.cipher.enabled", self.enabled, cipher.enabled),
            key_source: reports.plain("db.cipher.key_source", self.key_source, cipher.key_source),
            key_env: reports.plain("db.cipher.key_env", self.key_env, cipher.key_env),
            sops_path: reports.optional("db.cipher.sops_path", self.sops_path, shown),
            sops_key: reports.plain("db.cipher.sops_key", self.sops_key, cipher.sops_key),
            sops_identity: reports.optional("db.cipher.sops_identity", self.sops_identity, shown),
            key_file: reports.optional("db.cipher.key_file", self.key_file, shown),
            credential: reports.plain("db.cipher.credential", self.credential, cipher.credential),
            keyring_service: reports.plain(
                "db.cipher.keyring_service",
                self.keyring_service,
                cipher.keyring_service,
            ),
            keyring_user: reports.plain(
                "db.cipher.keyring_user",
                self.keyring_user,
                cipher.keyring_user,
            ),
            passphrase: reports.optional("db.cipher.passphrase", self.passphrase, |_| {
                REDACTED.to_owned()
            }),
        };
        DbConfig::new(pool, retry, cipher, reports.0)
    }
}

/// The reports so far; each method settles one setting and reports it.
struct Reports(Vec<SettingReport>);

impl Reports {
    fn min_size(&mut self, given: Option<Given<i64>>, default: u32, highest: u32) -> u32 {
        const KEY: &str = "db.pool.min_size";
        let Some(Given { value, layer }) = given else {
            return self.push(KEY, default, default.to_string(), Layer::Default, None);
        };
        let (size, limit) = limits::clamp_count(value, &limits::MIN_SIZE);
        let (size, limit) = if size > highest {
            (highest, Some(Limit::MaxSize))
        } else {
            (size, limit)
        };
        let clamp = limit.map(|limit| (value.to_string(), limit));
        self.push(KEY, size, size.to_string(), layer, clamp)
    }

    fn count(
        &mut self,
        key: &'static str,
        given: Option<Given<i64>>,
        default: u32,
        range: &RangeInclusive<u32>,
    ) -> u32 {
        let Some(Given { value, layer }) = given else {
            return self.push(key, default, default.to_string(), Layer::Default, None);
        };
        let (count, limit) = limits::clamp_count(value, range);
        let clamp = limit.map(|limit| (value.to_string(), limit));
        self.push(key, count, count.to_string(), layer, clamp)
    }

    fn seconds(
        &mut self,
        key: &'static str,
        given: Option<Given<f64>>,
        default: Duration,
        range: &RangeInclusive<Duration>,
    ) -> Duration {
        let text = |seconds: f64| format!("{seconds} s");
        let Some(Given { value, layer }) = given else {
            return self.push(
                key,
                default,
                text(default.as_secs_f64()),
                Layer::Default,
                None,
            );
        };
        let (duration, limit) = limits::clamp_seconds(value, range);
        let clamp = limit.map(|limit| (text(value), limit));
        self.push(key, duration, text(duration.as_secs_f64()), layer, clamp)
    }

    fn plain<T: fmt::Display>(
        &mut self,
        key: &'static str,
        given: Option<Given<T>>,
        default: T,
    ) -> T {
        let Given { value, layer } = given.unwrap_or(Given {
            value: default,
            layer: Layer::Default,
        });
        let text = value.to_string();
        self.push(key, value, text, layer, None)
    }

    fn optional<T>(
        &mut self,
        key: &'static str,
        given: Option<Given<T>>,
        text: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match given {
            Some(Given { value, layer }) => {
                let text = text(&value);
                self.push(key, Some(value), text, layer, None)
            }
            None => self.push(key, None, "none".to_owned(), Layer::Default, None),
        }
    }

    /// Reports a settled setting and hands it back; a clamp is also warned about.
    fn push<T>(
        &mut self,
        key: &'static str,
        settled: T,
        value: String,
        layer: Layer,
        clamp: Option<(String, Limit)>,
    ) -> T {
        let clamped = clamp.map(|(given, limit)| {
            tracing::warn!(key, %layer, given, used = value, %limit, "setting clamped to its limit");
            Clamp { given, used: value.clone(), limit }
        });
        self.0.push(SettingReport {
            key,
            value,
            layer,
            clamped,
        });
        settled
    }
}

#[expect(clippy::ptr_arg, reason = "a report lends the value as it is stored")]
fn shown(path: &PathBuf) -> String {
    path.display().to_string()
}

fn replace<T: Clone>(low: &mut Option<Given<T>>, high: &Option<Given<T>>) {
    if high.is_some() {
        low.clone_from(high);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::KEYS;

    #[test]
    fn the_defaults_are_reported_in_the_order_of_the_keys() {
        let config = Partial::default().resolve();
        assert!(config.settings().map(|report| report.key).eq(KEYS));
        assert!(
            config
                .settings()
                .all(|report| report.layer == Layer::Default)
        );
        assert!(config.settings().all(|report| report.clamped.is_none()));
    }
}
