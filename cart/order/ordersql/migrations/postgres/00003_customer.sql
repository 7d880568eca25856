-- +goose Up

-- Orders of guests are in no customer's list. With them in the index a planner
-- that has no statistics yet took it for the way to a guest's key, through the
-- orders of all guests.
DROP INDEX flywheel_orders_customer;

CREATE INDEX flywheel_orders_customer ON flywheel_orders (customer, placed_at, id) WHERE customer <> '';

-- +goose Down

DROP INDEX flywheel_orders_customer;

CREATE INDEX flywheel_orders_customer ON flywheel_orders (customer, placed_at, id);
