"""The only place that speaks SQL: engine, models, and one small repository per aggregate."""
