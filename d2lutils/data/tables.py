"""Tables by name, as pandas data frames."""

from d2lutils.data.catalogue import find_set
from d2lutils.data.download import fetch_files

CAR_COLUMNS = ("cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year", "origin")
CAR_ORIGINS = {1: "USA", 2: "Europe", 3: "Japan"}


def load_table(name="penguins"):
    """Return a table by name.

    Args:
        name: With no network:

            - "penguins": 344 rows. species, island and sex are strings, year a whole number (2007 to 2009),
              bill_length_mm (32.1 to 59.6), bill_depth_mm (13.1 to 21.5), flipper_length_mm (172 to 231) and
              body_mass_g (2,700 to 6,300) numbers. 19 values are missing (NaN): sex in 11 rows, each of the
              four measures in 2.
            - "cars": 392 rows without gaps. mpg (miles per US gallon, 9 to 46.6) is what one would predict;
              cylinders (3 to 8), displacement (cubic inches, 68 to 455), horsepower (46 to 230), weight
              (pounds, 1,613 to 5,140), acceleration (seconds from 0 to 60 miles per hour, 8 to 24.8),
              model_year (70 to 82), origin ("USA", "Europe" or "Japan").

            Downloaded once (0.5 MB):

            - "house-prices": 1,460 rows, 81 columns as Kaggle names them: Id, 79 features, of which many
              have gaps, and SalePrice (US dollars).

    Returns:
        A pandas data frame.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.
        DownloadError: "house-prices" isn't here and can't be fetched.

    Source:
        "penguins": K. Gorman, A. Horst, A. Hill, 2020; CC0, inside the package palmerpenguins. "cars": Auto MPG
        (R. Quinlan, 1993; CC BY 4.0), inside the package mlxtend. "house-prices": D. De Cock, 2011, the training
        part of Kaggle's competition; no licence stated.
    """
    find_set(name, "table")
    if name == "cars":
        return _load_cars()
    if name == "penguins":
        from palmerpenguins import load_penguins

        return load_penguins()
    import pandas as pd

    return pd.read_csv(*fetch_files("house-prices"))


def _load_cars():
    import pandas as pd
    from mlxtend.data import autompg_data

    features, mpg = autompg_data()
    cars = pd.DataFrame(features[:, :7], columns=CAR_COLUMNS)  # the eighth column, names, is not read as text
    whole = ["cylinders", "weight", "horsepower", "model_year"]
    cars = cars.astype(dict.fromkeys(whole, "int64"))
    cars["origin"] = cars["origin"].map(CAR_ORIGINS)
    cars.insert(0, "mpg", mpg)
    return cars
