"""Requisitions (phiếu dự trù): what a facility asks its supplier for, approved, released and consolidated."""
