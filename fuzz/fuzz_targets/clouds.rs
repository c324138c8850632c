//! `clouds.yaml`. A cloud that is taken can be asked for something; what is wrong with one has a reason.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_glance::CloudConfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(text.as_bytes(), || {
    for cloud in ["a", "other"] {
        let config = CloudConfig::from_yaml(text, cloud);
        check(&config);
        if let Ok(config) = config {
            check(&config.with_region("R2"));
        }
    }
}));

fn check(config: &Result<CloudConfig, bonafide_glance::Error>) {
    match config {
        Ok(config) => {
            let url = config.auth_url();
            assert!(url.path().ends_with("/v3"), "{url}");
            assert!(["http", "https"].contains(&url.scheme()), "{url}");
            assert!(url.username().is_empty() && url.password().is_none());
            assert!(!config.interfaces().is_empty());
            assert_ne!(config.region(), Some(""));
            assert_ne!(config.project(), Some(""));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
