//! The client the product uses, against the sandbox: what it sends is taken, what comes back is parsed.

use std::collections::HashMap;

use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionAllowedPaymentMethodTypes,
    CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ListCheckoutSession, ListLineItemsCheckoutSession,
    ProductData, RetrieveCheckoutSession,
};
use stripe_core::customer::{
    CreateCustomer, ListCustomer, ListPaymentMethodsCustomer, RetrieveCustomer, RetrieveCustomerReturned,
    UpdateCustomer, UpdateCustomerInvoiceSettings,
};
use stripe_core::payment_intent::{
    CancelPaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent, CreatePaymentIntentOffSession, ListPaymentIntent,
    RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund, RetrieveRefund};
use stripe_shared::api_errors::ApiErrorsCode;
use stripe_shared::{
    Charge, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus, Dispute, DisputeStatus,
    PaymentIntentStatus, PaymentMethod, SetupIntentStatus,
};
use stripe_types::{Currency, List};

use super::Fixture;

fn client(fixture: &Fixture) -> Client {
    ClientBuilder::new("sk_test_any").url(format!("{}/", fixture.base)).build().unwrap()
}

fn create(customer: &str) -> CreateCheckoutSession {
    let product = ProductData { description: Some("Never expires".into()), ..ProductData::new("100 minutes") };
    let price = CreateCheckoutSessionLineItemsPriceData {
        product_data: Some(product),
        unit_amount: Some(1000),
        ..CreateCheckoutSessionLineItemsPriceData::new(Currency::USD)
    };
    let line = CreateCheckoutSessionLineItems {
        price_data: Some(price),
        quantity: Some(3),
        ..CreateCheckoutSessionLineItems::new()
    };
    let metadata = HashMap::from([("workspace".to_owned(), "ws_harbor & co".to_owned())]);
    let intent = CreateCheckoutSessionPaymentIntentData {
        metadata: Some(metadata.clone()),
        ..CreateCheckoutSessionPaymentIntentData::new()
    };
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .customer(customer)
        .client_reference_id("pur_1")
        .line_items(vec![line])
        .metadata(metadata)
        .payment_intent_data(intent)
        .adaptive_pricing(CreateCheckoutSessionAdaptivePricing { enabled: Some(false) })
        .allow_promotion_codes(false)
        .automatic_tax(CreateCheckoutSessionAutomaticTax::new(false))
        .expand(vec!["line_items.data.price.product".to_owned()])
        .success_url("http://localhost:3000/billing/return?session_id={CHECKOUT_SESSION_ID}")
        .cancel_url("http://localhost:3000/billing?buy=minutes")
}

#[tokio::test]
async fn a_purchase_is_made_paid_and_read_back() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().email("owner@harbor.test").name("Harbor Dental").send(&client).await.unwrap();
    let known = RetrieveCustomer::new(&customer.id).send(&client).await.unwrap();
    assert!(matches!(known, RetrieveCustomerReturned::Customer(known) if known.id == customer.id));

    let made = create(customer.id.as_str()).send(&client).await.unwrap();
    assert_eq!((made.amount_total, made.currency.clone()), (Some(3000), Some(Currency::USD)));
    assert_eq!(made.client_reference_id.as_deref(), Some("pur_1"));
    assert_eq!(made.metadata.as_ref().unwrap()["workspace"], "ws_harbor & co");
    let line = &made.line_items.unwrap().data[0];
    let product = line.price.as_ref().unwrap().product.as_object().unwrap();
    assert_eq!((line.quantity, product.name.as_str()), (Some(3), "100 minutes"));
    assert_eq!(made.url.unwrap(), format!("{}/c/pay/{}", fixture.base, made.id));
    assert_eq!(made.payment_status, CheckoutSessionPaymentStatus::Unpaid);

    fixture.control(&format!("/_sandbox/sessions/{}/pay", made.id), serde_json::json!({})).await;
    let expand = vec!["payment_intent.latest_charge".to_owned(), "customer".to_owned()];
    let paid = RetrieveCheckoutSession::new(&made.id).expand(expand).send(&client).await.unwrap();
    assert_eq!(paid.status, Some(CheckoutSessionStatus::Complete));
    assert_eq!(paid.payment_status, CheckoutSessionPaymentStatus::Paid);
    assert_eq!(paid.customer.unwrap().as_object().unwrap().name.as_deref(), Some("Harbor Dental"));
    let intent = paid.payment_intent.unwrap().into_object().unwrap();
    assert_eq!((intent.status, intent.amount_received), (PaymentIntentStatus::Succeeded, 3000));
    let charge = intent.latest_charge.unwrap().into_object().unwrap();
    let card = charge.payment_method_details.unwrap().card.unwrap();
    assert_eq!(card.last4.as_deref(), Some("4242"));

    fixture.stop().await;
}

#[tokio::test]
async fn lists_find_what_was_made() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().email("owner@harbor.test").send(&client).await.unwrap();
    assert_eq!(ListCustomer::new().email("owner@harbor.test").send(&client).await.unwrap().data.len(), 1);
    let made = create(customer.id.as_str()).send(&client).await.unwrap();
    fixture.control(&format!("/_sandbox/sessions/{}/pay", made.id), serde_json::json!({})).await;
    let paid = RetrieveCheckoutSession::new(&made.id).send(&client).await.unwrap();
    let intent = paid.payment_intent.unwrap().id().clone();

    let of_intent = ListCheckoutSession::new().payment_intent(intent.as_str()).send(&client).await.unwrap();
    assert_eq!(of_intent.data[0].id, made.id);
    let open = ListCheckoutSession::new().status(CheckoutSessionStatus::Open).send(&client).await.unwrap();
    assert!(open.data.is_empty() && !open.has_more);
    let items = ListLineItemsCheckoutSession::new(&made.id).send(&client).await.unwrap();
    assert_eq!(items.data[0].amount_total, 3000);
    assert_eq!(
        RetrievePaymentIntent::new(&intent).send(&client).await.unwrap().metadata["workspace"],
        "ws_harbor & co"
    );
    let intents = ListPaymentIntent::new().customer(customer.id.as_str()).send(&client).await.unwrap();
    assert_eq!(intents.data.len(), 1);
    fixture.stop().await;
}

#[tokio::test]
async fn a_session_expires_once() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().send(&client).await.unwrap();
    let made = create(customer.id.as_str()).send(&client).await.unwrap();
    let expired = ExpireCheckoutSession::new(&made.id).send(&client).await.unwrap();
    assert_eq!((expired.status, expired.url), (Some(CheckoutSessionStatus::Expired), None));
    let again = ExpireCheckoutSession::new(&made.id).send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 400) = again else { panic!("{again}") };
    assert!(error.message.unwrap().contains("status of `expired`"));
    fixture.stop().await;
}

#[tokio::test]
async fn errors_and_declines_parse() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let missing = create("cus_none").send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 400) = missing else { panic!("{missing}") };
    assert_eq!((error.code.unwrap().as_str(), error.param.as_deref()), ("resource_missing", Some("customer")));
    let missing = RetrieveCheckoutSession::new("cs_test_none").send(&client).await.unwrap_err();
    assert!(matches!(missing, StripeError::Stripe(_, 404)), "{missing}");

    let id = fixture.session().await;
    let declined = fixture
        .control(&format!("/_sandbox/sessions/{id}/pay"), serde_json::json!({ "card": "4000000000009995" }))
        .await;
    assert_eq!(declined.error().0, 402);
    let session = RetrieveCheckoutSession::new(id.as_str()).expand(vec!["payment_intent".to_owned()]);
    let session = session.send(&client).await.unwrap();
    assert_eq!(session.status, Some(CheckoutSessionStatus::Open));
    let intent = session.payment_intent.unwrap().into_object().unwrap();
    let failure = intent.last_payment_error.unwrap();
    assert_eq!(failure.decline_code.as_deref(), Some("insufficient_funds"));
    assert_eq!(failure.payment_method.unwrap().card.unwrap().last4, "9995");
    fixture.stop().await;
}

#[tokio::test]
async fn one_key_makes_one_session() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().send(&client).await.unwrap();
    let key = RequestStrategy::Idempotent(IdempotencyKey::new("purchase-1").unwrap());
    let request = create(customer.id.as_str());
    let first = request.customize().request_strategy(key.clone()).send(&client).await.unwrap();
    let second = request.customize().request_strategy(key.clone()).send(&client).await.unwrap();
    assert_eq!((&first.id, &first.url), (&second.id, &second.url));
    let other = request.clone().client_reference_id("pur_2");
    let refused = other.customize().request_strategy(key).send(&client).await.unwrap_err();
    assert!(matches!(refused, StripeError::Stripe(_, 400)), "{refused}");
    fixture.stop().await;
}

fn off_session(customer: &str, method: &str) -> CreatePaymentIntent {
    CreatePaymentIntent::new(2000, Currency::USD)
        .customer(customer)
        .payment_method(method)
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true)
        .error_on_requires_action(true)
        .description("Auto-recharge")
        .metadata(HashMap::from([("recharge".to_owned(), "rch_1".to_owned())]))
}

#[tokio::test]
async fn a_card_is_set_up_and_charged_off_session() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().email("owner@central.test").send(&client).await.unwrap();
    let session = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        .customer(customer.id.as_str())
        .currency(Currency::USD)
        .allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card])
        .success_url("http://localhost:3000/billing/return?session_id={CHECKOUT_SESSION_ID}")
        .cancel_url("http://localhost:3000/billing")
        .send(&client)
        .await
        .unwrap();
    assert_eq!(session.payment_status, CheckoutSessionPaymentStatus::NoPaymentRequired);
    fixture.control(&format!("/_sandbox/sessions/{}/pay", session.id), serde_json::json!({})).await;
    let expand = vec!["setup_intent.payment_method".to_owned()];
    let done = RetrieveCheckoutSession::new(&session.id).expand(expand).send(&client).await.unwrap();
    let setup = done.setup_intent.unwrap().into_object().unwrap();
    assert_eq!(setup.status, SetupIntentStatus::Succeeded);
    let method = setup.payment_method.unwrap().into_object().unwrap();
    assert_eq!(method.card.unwrap().last4, "4242");
    let saved = ListPaymentMethodsCustomer::new(&customer.id).send(&client).await.unwrap();
    assert_eq!(saved.data[0].id, method.id);

    let paid = off_session(customer.id.as_str(), method.id.as_str()).send(&client).await.unwrap();
    assert_eq!((paid.status, paid.amount_received), (PaymentIntentStatus::Succeeded, 2000));
    let default = UpdateCustomerInvoiceSettings {
        default_payment_method: Some(method.id.to_string()),
        ..UpdateCustomerInvoiceSettings::new()
    };
    let customer = UpdateCustomer::new(&customer.id).invoice_settings(default).send(&client).await.unwrap();
    let default = customer.invoice_settings.unwrap().default_payment_method.unwrap();
    assert_eq!(*default.id(), method.id);
    fixture.stop().await;
}

#[tokio::test]
async fn a_declined_intent_is_in_its_error() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().payment_method("pm_card_authenticationRequired").send(&client).await.unwrap();
    let saved = ListPaymentMethodsCustomer::new(&customer.id).send(&client).await.unwrap();
    let method = saved.data[0].id.as_str();
    let asked = off_session(customer.id.as_str(), method).send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 402) = asked else { panic!("{asked}") };
    assert_eq!(error.code, Some(ApiErrorsCode::AuthenticationRequired));
    assert_eq!(error.payment_method.unwrap().id.as_str(), method);
    let intent = error.payment_intent.unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::RequiresPaymentMethod);
    let back = ConfirmPaymentIntent::new(&intent.id)
        .payment_method(method)
        .return_url("http://localhost:3000/billing/return")
        .send(&client)
        .await
        .unwrap();
    assert_eq!(back.status, PaymentIntentStatus::RequiresAction);
    assert!(back.next_action.unwrap().redirect_to_url.unwrap().url.unwrap().contains("/c/authenticate/pi_"));
    let canceled = CancelPaymentIntent::new(&intent.id).send(&client).await.unwrap();
    assert_eq!(canceled.status, PaymentIntentStatus::Canceled);
    fixture.stop().await;
}

/// What the product's client would parse this answer as.
async fn read<T: miniserde::Deserialize>(fixture: &Fixture, path: &str) -> T {
    let answer = fixture.get(path).await;
    miniserde::json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.body))
}

#[tokio::test]
async fn what_went_back_parses() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let customer = CreateCustomer::new().payment_method("pm_card_visa").send(&client).await.unwrap();
    let saved = ListPaymentMethodsCustomer::new(&customer.id).send(&client).await.unwrap();
    let paid = off_session(customer.id.as_str(), saved.data[0].id.as_str()).send(&client).await.unwrap();
    let intent = paid.id.as_str();
    let request = CreateRefund::new().payment_intent(intent).amount(700);
    let refund = request.reason(CreateRefundReason::RequestedByCustomer).send(&client).await.unwrap();
    assert_eq!((refund.amount, refund.status.as_deref()), (700, Some("succeeded")));
    let listed = ListRefund::new().payment_intent(intent).send(&client).await.unwrap();
    assert_eq!(listed.data[0].id, refund.id);
    let turn = format!("/_sandbox/refunds/{}", refund.id);
    fixture.control(&turn, serde_json::json!({ "status": "failed" })).await;
    let failed = RetrieveRefund::new(&refund.id).send(&client).await.unwrap();
    assert_eq!(failed.failure_reason.as_deref(), Some("expired_or_canceled_card"));
    let too_much = CreateRefund::new().payment_intent(intent).amount(2001).send(&client).await.unwrap_err();
    assert!(matches!(too_much, StripeError::Stripe(_, 400)), "{too_much}");

    let opened = fixture.control("/_sandbox/disputes", serde_json::json!({ "payment": intent })).await.json();
    let path = format!("/_sandbox/disputes/{}", opened["id"].as_str().unwrap());
    fixture.control(&path, serde_json::json!({ "status": "won" })).await;
    let list: List<Dispute> = read(&fixture, &format!("/v1/disputes?payment_intent={intent}")).await;
    assert_eq!((list.data[0].status.clone(), list.data[0].balance_transactions.len()), (DisputeStatus::Won, 2));
    let charge: Charge = read(&fixture, &format!("/v1/charges/{}", list.data[0].charge.id())).await;
    assert_eq!((charge.amount_refunded, charge.disputed), (0, true));
    let methods: List<PaymentMethod> =
        read(&fixture, &format!("/v1/payment_methods?customer={}&type=card", customer.id)).await;
    assert_eq!(methods.data[0].id, saved.data[0].id);
    fixture.stop().await;
}

#[tokio::test]
async fn a_bank_debit_parses() {
    let fixture = Fixture::start().await;
    let client = client(&fixture);
    let id = fixture.session().await;
    fixture.control(&format!("/_sandbox/sessions/{id}/pay"), serde_json::json!({ "account": "empty" })).await;
    let expand = vec!["payment_intent.latest_charge".to_owned(), "payment_intent.payment_method".to_owned()];
    let read = RetrieveCheckoutSession::new(id.as_str()).expand(expand);
    let waiting = read.send(&client).await.unwrap();
    assert_eq!(waiting.payment_status, CheckoutSessionPaymentStatus::Unpaid);
    let intent = waiting.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::Processing);
    let bank = intent.payment_method.unwrap().into_object().unwrap().us_bank_account.unwrap();
    assert_eq!(bank.last4.as_deref(), Some("6789"));
    fixture.control(&format!("/_sandbox/sessions/{id}/settle"), serde_json::json!({ "outcome": "failed" })).await;
    let failed = read.send(&client).await.unwrap().payment_intent.unwrap().into_object().unwrap();
    assert_eq!(failed.last_payment_error.unwrap().code, Some(ApiErrorsCode::InsufficientFunds));
    fixture.stop().await;
}

#[test]
fn the_version_is_the_clients() {
    assert_eq!(super::super::api::API_VERSION, stripe_shared::version::VERSION.as_str());
}
