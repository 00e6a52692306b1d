//! What a browser says of itself, in words by which its owner knows it again. It may say anything; nothing is decided
//! by it.

use axum::http::{HeaderMap, header};

/// First match counts: browsers name those they are descended from as well.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// `Firefox on Windows`; `Unknown browser` where nothing is known.
pub fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = named(&BROWSERS).unwrap_or("Unknown browser");
    match named(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_its_name_and_system() {
        let named = |agent: &str| {
            let headers = [(header::USER_AGENT, agent.parse().unwrap())].into_iter().collect();
            device(&headers)
        };
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
        assert_eq!(named(chrome), "Chrome on Linux");
        assert_eq!(
            named("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko Firefox/145.0"),
            "Firefox on Windows"
        );
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit Version/26.0 Safari/604.1";
        assert_eq!(named(iphone), "Safari on iPhone");
        assert_eq!(named("curl/8.0"), "Unknown browser");
        assert_eq!(device(&HeaderMap::new()), "Unknown browser");
    }
}
