"""Damaged files by the thousand: every one is read with nothing lost, or refused with a sentence."""
