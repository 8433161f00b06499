"""Generated studies, unlike the sample, and every statistic of a report on them."""
