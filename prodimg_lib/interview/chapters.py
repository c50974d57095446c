"""Which questions each chapter of the course practises: for the book, and for what to read next."""

# By the notebook's name: how its heading begins, and ids in the order of its cards.
CHAPTERS = {
    "01_product_images": (
        "Product images as data",
        "S02 S03 C15 C16 C27 B12 B27 B30 B32 B33 B36",
    ),
    "02_vae": (
        "The variational autoencoder",
        "V01 V02 V03 V04 V05 V07 C08 C09 C35 B01 B07 B08 B09 B10 B23",
    ),
    "03_gan": (
        "The generative adversarial network",
        "G01 G02 G04 G08 G21 C01 C02 C13 C14 B02 B03 B04 B05 B06 B13 B35 B37",
    ),
    "04_metrics_of_pairs": (
        "Metrics of pairs",
        "E01 E02 E03 C17 C18 B14 B28",
    ),
    "05_metrics_of_sets": (
        "Metrics of sets",
        "E00 E04 E05 E06 E07 E08 E09 E10 E15 E19 C19 C20 C21 C22 C23 C28 B31",
    ),
    "06_gan_game": (
        "The game, move by move",
        "G02 G03 G05 G11 C03 B16",
    ),
    "07_gan_failures": (
        "The failure laboratory",
        "G06 G07 G14 G15 G18 G20 B15 B18 B19 B20 B25 B34",
    ),
    "08_gan_objectives": (
        "A critic within bounds",
        "G09 G10 G12 G13 C04 C05 C06 C07 B21 B26",
    ),
    "09_conditional_gan": (
        "Ask for a product",
        "G16 G17 G19 G22 C26 E13",
    ),
    "10_training_vae": (
        "Training a VAE",
        "V06 V08 V10 V15 C10 C11 C12 B11 B22 B24",
    ),
    "11_vae_samples": (
        "From blur to variants",
        "V09 V11 V12 V13 V16 E14 C24",
    ),
    "12_codes": (
        "Codes: a product as a word",
        "V14",
    ),
    "13_noise_and_flow": (
        "Noise and flow",
        "D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 D12 D13 D14 D15 D16 D17 D18 D19 "
        "D20 C29 C30 C31 C32 C33 C34",
    ),
    "14_debugging_clinic": (
        "The debugging clinic",
        "B02 B06 B14 B16 B20 B22 B26 B27 B31 B33",
    ),
    "15_system_on_a_whiteboard": (
        "The system on a whiteboard",
        "S01 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 "
        "E12 E16 E17 E18 P00 P01 P02 P03 P04 P05 P06",
    ),
    "16_system_on_your_photographs": (
        "The system on your own photographs",
        "S02 S03 B33 E12 E16 P01 P06",
    ),
}


def chapters_of(questions, bank):
    """Titles of the chapters to read for these questions, in the order of the course.

    They are those that practise a question itself. Where none does, those of the nearest questions
    it points to.

    Args:
        questions: of the bank, or ids.
        bank: to follow what is related.
    """
    wanted = set()
    for question in questions:
        near = seen = {getattr(question, "id", question)}
        while near and not (practised := _practising(near)):
            near = {id_ for one in near & set(bank) for id_ in bank[one].data.get("related", [])}
            near, seen = near - seen, seen | near
        wanted |= practised
    return [title for name, (title, _) in CHAPTERS.items() if name in wanted]


def _practising(ids):
    return {name for name, (_, practised) in CHAPTERS.items() if ids & set(practised.split())}
