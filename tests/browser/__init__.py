"""The pages in a real browser, with real daemons behind them."""
