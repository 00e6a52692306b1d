//! The hosted pages as HTML: server-rendered, no script, in the sandbox's own look.

use super::bank_debits;
use super::cards::{Faulty, Typed};
use super::currency;
use super::model::{Mode, Session};

/// Text made safe for element content and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Any page, under the banner that says what this is.
pub fn page(title: &str, inside: &str) -> String {
    let title = escape(title);
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Stripe sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/c/style.css">
</head>
<body>
<p class="sandbox">Sandbox: this is not Stripe, and no real money moves.</p>
<main>
{inside}
</main>
</body>
</html>
"#
    )
}

/// A page that only says something, with one way on.
pub fn notice(title: &str, text: &str, link: Option<(&str, &str)>) -> String {
    let link = link.map_or_else(String::new, |(label, to)| {
        format!(r#"<p><a class="back" href="{}">{}</a></p>"#, escape(to), escape(label))
    });
    page(title, &format!("<h1>{}</h1>\n<p>{}</p>\n{link}", escape(title), escape(text)))
}

/// What the payment form shows besides the session.
#[derive(Default)]
pub struct Form<'f> {
    /// What was typed.
    pub typed: Typed,
    /// What is wrong with it.
    pub faulty: Faulty,
    /// Why the card was declined.
    pub declined: Option<&'f str>,
    /// The payer's address, where it is known; else it is asked for.
    pub email: Option<&'f str>,
}

/// The page of an open session.
pub fn pay(session: &Session, form: &Form<'_>) -> String {
    let total = currency::written(session.total(), &session.currency);
    let cancel = session.cancel_url.as_deref().map_or_else(String::new, |to| {
        format!(r#"<p><a class="back" href="{}">Cancel and go back</a></p>"#, escape(to))
    });
    let declined = form.declined.map_or_else(String::new, |message| {
        format!(r#"<p class="declined" id="declined" role="alert">{}</p>"#, escape(message))
    });
    let (title, head, submit) = match session.mode {
        Mode::Payment => {
            let head = format!("<h1>Checkout <span class=\"total\">{total}</span></h1>\n{}", items(session, &total));
            (format!("Pay {total}"), head, format!("Pay {total}"))
        }
        Mode::Setup => {
            let head = "<h1>Save a card</h1>\n<p>Nothing is charged now. The card is kept for later payments.</p>";
            ("Save a card".to_owned(), head.to_owned(), "Save card".to_owned())
        }
    };
    let id = escape(&session.id);
    let fields = fields(form);
    let debits = session.kinds.iter().any(|kind| kind == bank_debits::KIND);
    let accounts = if debits { accounts(&id) } else { String::new() };
    let inside = format!(
        r#"{head}
<form method="post" action="/c/pay/{id}" novalidate>
{declined}
{fields}
<button type="submit" id="pay">{submit}</button>
</form>
{accounts}
{cancel}"#
    );
    page(&title, &inside)
}

fn accounts(id: &str) -> String {
    let named = bank_debits::named();
    format!(
        r#"<details>
<summary>Use a bank account instead</summary>
<p>{named}: the money is on its way for half a minute, then it comes or the bank sends it back.</p>
<form method="post" action="/c/pay/{id}">
<button type="submit" name="account" value="funded" id="bank">Debit the account</button>
<button type="submit" name="account" value="empty" id="bank-empty" class="other">Debit an account without funds</button>
</form>
</details>"#
    )
}

/// The page where the bank asks its customer.
pub fn authenticate(intent: &str, what: &str, last4: &str) -> String {
    let (intent, what, last4) = (escape(intent), escape(what), escape(last4));
    let inside = format!(
        r#"<h1>3D Secure authentication</h1>
<p>The bank of the card ending in {last4} asks you to confirm {what}.</p>
<form method="post" action="/c/authenticate/{intent}">
<button type="submit" name="outcome" value="complete" id="complete">Complete authentication</button>
<button type="submit" name="outcome" value="fail" id="fail" class="other">Fail authentication</button>
</form>"#
    );
    page("3D Secure authentication", &inside)
}

fn fields(form: &Form<'_>) -> String {
    let Form { typed, faulty, .. } = form;
    let card_number = Field {
        id: "card_number",
        label: "Card number",
        typed: &typed.card_number,
        wrong: faulty.card_number,
        hint: "4242 4242 4242 4242",
        more: r#"inputmode="numeric" autocomplete="cc-number""#,
    };
    let exp = Field {
        id: "exp",
        label: "Expiration (MM / YY)",
        typed: &typed.exp,
        wrong: faulty.exp,
        hint: "12 / 34",
        more: r#"inputmode="numeric" autocomplete="cc-exp""#,
    };
    let cvc = Field {
        id: "cvc",
        label: "CVC",
        typed: &typed.cvc,
        wrong: faulty.cvc,
        hint: "123",
        more: r#"inputmode="numeric" autocomplete="cc-csc""#,
    };
    let name = Field {
        id: "name",
        label: "Name on card (optional)",
        typed: &typed.name,
        wrong: None,
        hint: "Full name",
        more: r#"autocomplete="cc-name""#,
    };
    format!(
        "{}\n{}\n<div class=\"pair\">\n{}\n{}\n</div>\n{}",
        email(form),
        card_number.html(),
        exp.html(),
        cvc.html(),
        name.html()
    )
}

fn items(session: &Session, total: &str) -> String {
    let rows: String = session
        .items
        .iter()
        .map(|item| {
            let each = currency::written(item.unit_amount, &session.currency);
            let sum = currency::written(item.unit_amount * item.quantity, &session.currency);
            let description =
                item.description.as_deref().map_or_else(String::new, |text| format!("<small>{}</small>", escape(text)));
            let name = escape(&item.name);
            let quantity = item.quantity;
            format!("<tr><td>{name}{description}<small>{quantity} × {each}</small></td><td>{sum}</td></tr>\n")
        })
        .collect();
    format!(
        "<table>\n<thead><tr><th scope=\"col\">Item</th><th scope=\"col\">Amount</th></tr></thead>\n<tbody>\n{rows}\
         </tbody>\n<tfoot><tr><th scope=\"row\">Total due</th><td>{total}</td></tr></tfoot>\n</table>"
    )
}

fn email(form: &Form<'_>) -> String {
    match form.email {
        Some(known) => format!(r#"<p class="field">Email: <span id="email">{}</span></p>"#, escape(known)),
        None => Field {
            id: "email",
            label: "Email",
            typed: &form.typed.email,
            wrong: form.faulty.email,
            hint: "you@example.com",
            more: r#"type="email" autocomplete="email""#,
        }
        .html(),
    }
}

struct Field<'f> {
    id: &'f str,
    label: &'f str,
    typed: &'f str,
    wrong: Option<&'f str>,
    hint: &'f str,
    more: &'f str,
}

impl Field<'_> {
    fn html(&self) -> String {
        let Self { id, label, hint, more, .. } = self;
        let typed = escape(self.typed);
        let (invalid, wrong) = match self.wrong {
            Some(wrong) => (
                format!(r#" aria-invalid="true" aria-describedby="{id}-wrong""#),
                format!(r#"<p class="wrong" id="{id}-wrong">{}</p>"#, escape(wrong)),
            ),
            None => (String::new(), String::new()),
        };
        format!(
            r#"<div class="field"><label for="{id}">{label}</label>
<input id="{id}" name="{id}" value="{typed}" placeholder="{hint}" {more}{invalid}>{wrong}</div>"#
        )
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_escapes_its_place() {
        assert_eq!(super::escape(r#"<a href="x" b='y'>&"#), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    }
}
