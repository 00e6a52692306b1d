//! `/v1/campaigns`: how far the wallet carries many calls.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::body::Fields;
use super::cannot_start::{CannotStartBody, Wanted, refused};
use super::forms::{by_unit, dollars_up};
use super::key::CallsKey;
use super::wallet::limited;
use super::{ApiError, schemas};
use crate::app::campaigns::{Quoted, quote_campaign, start_campaign};
use crate::campaigns::Announced;
use crate::ledger::Refusal;
use crate::pricing::Campaign;
use crate::state::AppState;
use crate::units::Seconds;

/// What a campaign comes to, one call after the other. Where usage is billed afterwards nothing is short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignQuote)]
pub struct CampaignQuoteBody {
    #[schema(schema_with = schemas::campaign_quote)]
    object: &'static str,
    calls: i64,
    expected_seconds: i64,
    /// Every call can start and is covered to its end.
    fits: bool,
    /// So many calls are covered before the wallet runs dry; null where it does not.
    runs_dry_after_calls: Option<i64>,
    /// Why it does; null where it does not.
    #[schema(schema_with = schemas::no_call_reason_or_null)]
    reason: Option<&'static str>,
    /// What further calls can hold now; null on the calls meter.
    capacity_seconds: Option<i64>,
    /// What the campaign needs of it.
    required_seconds: Option<i64>,
    /// What lacks; 0 where it fits.
    short_seconds: Option<i64>,
    /// The same on the calls meter.
    capacity_calls: Option<i64>,
    required_calls: Option<i64>,
    short_calls: Option<i64>,
    /// Credits that make up for what lacks; null on plans without rates.
    #[schema(schema_with = schemas::dollars_or_null)]
    short_usd: Option<Number>,
}

impl From<Quoted> for CampaignQuoteBody {
    fn from(quoted: Quoted) -> Self {
        let Quoted { campaign, standing, quote, refusal } = &quoted;
        // Without a plan nothing is counted.
        let meter =
            limited(standing, Some(standing.meter)).filter(|_| !matches!(refusal, Some(Refusal::NoSubscription)));
        let (capacity_seconds, capacity_calls) = by_unit(meter, standing.capacity());
        let (required_seconds, required_calls) = by_unit(meter, quote.required);
        let (short_seconds, short_calls) = by_unit(meter, quote.short);
        let fits = quoted.fits();
        Self {
            object: "campaign_quote",
            calls: campaign.calls,
            expected_seconds: campaign.expected.0,
            fits,
            runs_dry_after_calls: (!fits).then_some(quote.covered),
            reason: (!fits).then_some(match refusal {
                Some(Refusal::NoSubscription) => "no_subscription",
                Some(Refusal::SubscriptionEnding) => "subscription_ending",
                Some(Refusal::SubscriptionBlocked) => "subscription_blocked",
                _ => "insufficient_balance",
            }),
            capacity_seconds,
            required_seconds,
            short_seconds,
            capacity_calls,
            required_calls,
            short_calls,
            short_usd: quote.short_mc.map(dollars_up),
        }
    }
}

/// A campaign. It reserves nothing: each of its calls places its own hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignBody {
    id: String,
    #[schema(schema_with = schemas::campaign)]
    object: &'static str,
    workspace: String,
    calls: i64,
    expected_seconds: i64,
    created_at: Timestamp,
    /// What it comes to as the wallet stands now.
    quote: CampaignQuoteBody,
}

impl CampaignBody {
    fn new(workspace: String, announced: Announced, quoted: Quoted) -> Self {
        let Announced { id, campaign, created_at } = announced;
        Self {
            id,
            object: "campaign",
            workspace,
            calls: campaign.calls,
            expected_seconds: campaign.expected.0,
            created_at,
            quote: quoted.into(),
        }
    }
}

/// What a quote is asked for.
#[derive(Debug, ToSchema)]
struct QuoteCampaign {
    /// How many calls.
    #[schema(minimum = 1, maximum = 1_000_000)]
    calls: i64,
    /// Connected time that is expected of each.
    #[schema(minimum = 1, maximum = 86_400)]
    expected_seconds: i64,
}

impl QuoteCampaign {
    fn read(fields: &mut Fields) -> Result<Self, ApiError> {
        let (most, longest) = Campaign::MOST;
        Ok(Self {
            calls: fields.integer("calls", 1..=most)?,
            expected_seconds: fields.integer("expected_seconds", 1..=longest)?,
        })
    }
}

impl From<QuoteCampaign> for Campaign {
    fn from(asked: QuoteCampaign) -> Self {
        Self { calls: asked.calls, expected: Seconds(asked.expected_seconds) }
    }
}

/// What announces a campaign.
#[derive(Debug, ToSchema)]
struct StartCampaign {
    /// Unique in the workspace. The same id and fields again are the same campaign.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    id: String,
    /// How many calls.
    #[schema(minimum = 1, maximum = 1_000_000)]
    calls: i64,
    /// Connected time that is expected of each.
    #[schema(minimum = 1, maximum = 86_400)]
    expected_seconds: i64,
}

impl StartCampaign {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let id = fields.required_id("id")?;
        let QuoteCampaign { calls, expected_seconds } = QuoteCampaign::read(&mut fields)?;
        fields.finish()?;
        Ok(Self { id, calls, expected_seconds })
    }
}

/// Quote a campaign
///
/// Says whether the wallet carries so many calls, one after the other, and what lacks. Nothing is stored or held.
#[utoipa::path(
    post, path = "/v1/campaigns/quote", operation_id = "quote_campaign",
    tag = "Campaigns", security(("key" = ["calls:write"])),
    request_body = QuoteCampaign,
    responses((status = 200, description = "What it comes to", body = CampaignQuoteBody)),
)]
pub async fn quote(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<Json<CampaignQuoteBody>, ApiError> {
    let asked = QuoteCampaign::read(&mut fields)?;
    fields.finish()?;
    Ok(Json(quote_campaign(&state, program.workspace, asked.into()).await?.into()))
}

/// Start a campaign
///
/// Accepted where at least one call fits; its quote says how far the wallet carries the rest. Each call still asks for
/// itself.
#[utoipa::path(
    post, path = "/v1/campaigns", operation_id = "start_campaign",
    tag = "Campaigns", security(("key" = ["calls:write"])),
    request_body = StartCampaign,
    responses(
        (status = 201, description = "The campaign can begin", body = CampaignBody),
        (status = 200, description = "The campaign that the same request had started before", body = CampaignBody),
        (status = 402, description = "No call fits: `insufficient_balance`, `no_subscription`, `subscription_ending` or \
                                      `subscription_blocked`.", body = CannotStartBody),
        (status = 409, description = "`id_conflict`: a campaign with this id was started with other fields."),
    ),
)]
pub async fn start(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    fields: Fields,
) -> Result<(StatusCode, Json<CampaignBody>), ApiError> {
    let StartCampaign { id, calls, expected_seconds } = StartCampaign::read(fields)?;
    let campaign = QuoteCampaign { calls, expected_seconds }.into();
    match start_campaign(&state, program.workspace, &id, campaign).await? {
        Ok((announced, quoted, repeated)) => {
            let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(CampaignBody::new(program.workspace_public_id, announced, quoted))))
        }
        Err(refusal) => Err(refused(&state, &program, refusal, Wanted::Call).await),
    }
}
