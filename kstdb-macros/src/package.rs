//! What Cargo says about the crate that is being compiled.

use std::path::PathBuf;

/// The crate that calls a macro.
#[derive(Debug)]
pub(crate) struct Package {
    /// The directory of its Cargo.toml.
    pub(crate) dir: PathBuf,
    /// `OUT_DIR`, which is there if the crate has a build script.
    pub(crate) out_dir: Option<PathBuf>,
}

impl Package {
    /// Asks Cargo, which answers in environment variables.
    ///
    /// # Errors
    /// - the compiler was not started by Cargo.
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo's own variables, read inside the compiler"
    )]
    pub(crate) fn current() -> syn::Result<Self> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let dir = variable("CARGO_MANIFEST_DIR").ok_or_else(|| {
            let message =
                "CARGO_MANIFEST_DIR is not set: this macro needs Cargo to say where the crate is";
            syn::Error::new(proc_macro2::Span::call_site(), message)
        })?;
        Ok(Self {
            dir,
            out_dir: variable("OUT_DIR"),
        })
    }
}
