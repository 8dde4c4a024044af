import unittest

from inventory import Inventory


class Takes(unittest.TestCase):
    def test_what_is_there(self):
        inventory = Inventory()
        inventory.add("nail", 2)
        inventory.take("nail")
        self.assertEqual(inventory.counts, {"nail": 1})

    def test_nothing_from_nothing(self):
        with self.assertRaises(KeyError):
            Inventory().take("nail")
