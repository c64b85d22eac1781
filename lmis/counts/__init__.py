"""Physical counts (kiểm kê): drafts, differences, approval, and what to count next."""
