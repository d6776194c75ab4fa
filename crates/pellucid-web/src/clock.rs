//! The clock of the page.

#[cfg(target_arch = "wasm32")]
mod page {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// Milliseconds since the page began.
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    /// Seconds since the page began.
    pub fn seconds() -> f64 {
        now() / 1e3
    }
}

#[cfg(target_arch = "wasm32")]
pub use page::seconds;

/// Seconds since the first call, where there is no page: in tests.
#[cfg(not(target_arch = "wasm32"))]
pub fn seconds() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64()
}
