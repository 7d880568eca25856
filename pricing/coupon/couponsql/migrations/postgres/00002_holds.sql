-- +goose Up

-- The first instant at which a hold is over that was not committed, in microseconds
-- since 1970; null is what was redeemed for good.
ALTER TABLE flywheel_coupon_redemptions ADD COLUMN held BIGINT;

CREATE INDEX flywheel_coupon_redemptions_held ON flywheel_coupon_redemptions (campaign, held) WHERE held IS NOT NULL AND cancelled IS NULL;
CREATE INDEX flywheel_coupon_redemptions_standing ON flywheel_coupon_redemptions (campaign, at, key) WHERE held IS NOT NULL AND cancelled IS NULL;

-- +goose Down

DROP INDEX flywheel_coupon_redemptions_standing;
DROP INDEX flywheel_coupon_redemptions_held;
ALTER TABLE flywheel_coupon_redemptions DROP COLUMN held;
